/** The API of the DORA figures. */
import { Controller, Get, Param, Query } from '@nestjs/common';
import { Operation } from '../http/operation.js';
import { servicePath } from '../releases/release.schema.js';
import { dora, doraQuery } from './dora.schema.js';
import type { Dora, DoraQuery } from './dora.schema.js';
import { DoraService } from './dora.service.js';

@Controller('v1/services/:service/dora')
export class DoraController {
  constructor(private readonly dora: DoraService) {}

  @Get()
  @Operation({
    tag: 'DORA',
    summary: 'How often, how fast, how safely',
    description:
      'Deployment frequency, lead time for changes, change failure rate and time to restore, each with the number of deployments behind it; null where there are none. A change is a deployment of kind `deploy`; abandoned ones are left out.',
    scope: 'read',
    params: servicePath,
    query: doraQuery,
    responses: { 200: { description: 'The figures.', schema: dora } },
    problems: { 422: ['empty-period'] },
  })
  get(@Param('service') service: string, @Query() query: DoraQuery): Promise<Dora> {
    return this.dora.figures(service, query);
  }
}
