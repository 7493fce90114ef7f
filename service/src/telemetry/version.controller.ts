/** Says what is running. */
import { Controller, Get, Inject } from '@nestjs/common';
import * as z from 'zod';
import { CONFIGURATION } from '../configuration.js';
import type { Configuration } from '../configuration.js';
import { Operation } from '../http/operation.js';

const version = z.object({
  version: z.string().meta({ example: '1.4.2' }),
  commit: z.string().meta({ example: '3f2a9c1d5b7e8f60718293a4b5c6d7e8f9012345' }),
  imageDigest: z.string().nullable().meta({ description: 'As told at start; null where nobody told.' }),
});

@Controller('version')
export class VersionController {
  constructor(@Inject(CONFIGURATION) private readonly configuration: Configuration) {}

  @Get()
  @Operation({
    tag: 'Running it',
    summary: 'What is running',
    responses: { 200: { description: 'Version, commit and image.', schema: version } },
  })
  get(): z.output<typeof version> {
    const { VERSION, COMMIT, IMAGE_DIGEST } = this.configuration;
    return { version: VERSION, commit: COMMIT, imageDigest: IMAGE_DIGEST ?? null };
  }
}
