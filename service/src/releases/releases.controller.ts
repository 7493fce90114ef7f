/** The API of releases. */
import { Body, Controller, Get, Param, Put, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { tokenName } from '../auth/authentication.js';
import { nextLink } from '../http/cursor.js';
import { sendJson } from '../http/json-text.js';
import { Operation } from '../http/operation.js';
import { release, releaseFacts, releaseFilter, releasePage, releasePath, servicePath } from './release.schema.js';
import type { ReleaseFacts, ReleaseFilter, ReleasePath } from './release.schema.js';
import { ReleasesService } from './releases.service.js';

@Controller('v1/services/:service/releases')
export class ReleasesController {
  constructor(private readonly releases: ReleasesService) {}

  @Put(':digest')
  @Operation({
    tag: 'Releases',
    summary: 'Record a release',
    description:
      'Records an image and what the pipeline made of it. Safe to repeat: the same facts again change nothing.',
    scope: 'releases:write',
    params: releasePath,
    body: releaseFacts,
    responses: {
      200: { description: 'It was recorded before, with these facts.', schema: release },
      201: { description: 'It is recorded.', schema: release },
    },
    problems: { 409: ['release-differs'] },
  })
  async record(
    @Param() path: ReleasePath,
    @Body() facts: ReleaseFacts,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const recorded = await this.releases.record(path, facts, tokenName(request));
    sendJson(reply.code(recorded.created ? 201 : 200), recorded.release);
  }

  @Get(':digest')
  @Operation({
    tag: 'Releases',
    summary: 'Get a release',
    scope: 'read',
    params: releasePath,
    responses: { 200: { description: 'The release.', schema: release } },
    problems: { 404: 'There is no such release.' },
  })
  async get(@Param() path: ReleasePath, @Res() reply: FastifyReply): Promise<void> {
    sendJson(reply, await this.releases.find(path));
  }

  @Get()
  @Operation({
    tag: 'Releases',
    summary: 'List the releases of a service',
    description: 'Newest first. A service without releases has an empty list.',
    scope: 'read',
    params: servicePath,
    query: releaseFilter,
    responses: {
      200: {
        description: 'One page.',
        schema: releasePage,
        headers: { Link: 'The next page, as `rel="next"`; absent on the last.' },
      },
    },
  })
  async list(
    @Param('service') service: string,
    @Query() filter: ReleaseFilter,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { page, next } = await this.releases.list(service, filter);
    if (next) void reply.header('link', nextLink(request.url, filter, next));
    sendJson(reply, page);
  }
}
