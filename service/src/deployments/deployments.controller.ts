/** The API of deployments. */
import { Body, Controller, Get, Headers, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { tokenName } from '../auth/authentication.js';
import { nextLink } from '../http/cursor.js';
import { Operation } from '../http/operation.js';
import {
  deployment,
  deploymentFilter,
  deploymentFinish,
  deploymentHeaders,
  deploymentPage,
  deploymentPath,
  deploymentStart,
  environmentPath,
} from './deployment.schema.js';
import type {
  Deployment,
  DeploymentFilter,
  DeploymentFinish,
  DeploymentStart,
  EnvironmentPath,
} from './deployment.schema.js';
import { DeploymentsService } from './deployments.service.js';

const TAG = 'Deployments';

@Controller('v1')
export class DeploymentsController {
  constructor(private readonly deployments: DeploymentsService) {}

  @Post('services/:service/environments/:environment/deployments')
  @Operation({
    tag: TAG,
    summary: 'Start a deployment',
    description:
      'One at a time in each environment. A running one that is older than the configured time-out is taken over and recorded as abandoned.',
    scope: 'deployments:write',
    params: environmentPath,
    headers: deploymentHeaders,
    body: deploymentStart,
    responses: {
      201: {
        description: 'It is started; or it was before, under this key, and this is the first answer again.',
        schema: deployment,
        headers: { Location: 'Where it is.', 'Idempotency-Replayed': '`true` on an answer that was given before.' },
      },
    },
    problems: {
      409: ['deployment-running'],
      422: ['release-unknown', 'release-not-passed', 'idempotency-key-reused'],
    },
  })
  async start(
    @Param() path: EnvironmentPath,
    @Headers('idempotency-key') key: string,
    @Body() body: DeploymentStart,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Deployment> {
    const started = await this.deployments.start({ ...path, ...body, key, by: tokenName(request) });
    void reply.header('location', `/v1/deployments/${started.deployment.id}`);
    if (started.replayed) void reply.header('idempotency-replayed', 'true');
    return started.deployment;
  }

  @Get('services/:service/environments/:environment/deployments')
  @Operation({
    tag: TAG,
    summary: 'List the deployments to an environment',
    description: 'The history, newest first.',
    scope: 'read',
    params: environmentPath,
    query: deploymentFilter,
    responses: {
      200: {
        description: 'One page.',
        schema: deploymentPage,
        headers: { Link: 'The next page, as `rel="next"`; absent on the last.' },
      },
    },
  })
  async list(
    @Param() path: EnvironmentPath,
    @Query() filter: DeploymentFilter,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ items: Deployment[] }> {
    const { items, next } = await this.deployments.list(path, filter);
    if (next) void reply.header('link', nextLink(request.url, filter, next));
    return { items };
  }

  @Get('deployments/:id')
  @Operation({
    tag: TAG,
    summary: 'Get a deployment',
    scope: 'read',
    params: deploymentPath,
    responses: { 200: { description: 'The deployment.', schema: deployment } },
    problems: { 404: 'There is no such deployment.' },
  })
  get(@Param('id') id: string): Promise<Deployment> {
    return this.deployments.find(id);
  }

  @Patch('deployments/:id')
  @Operation({
    tag: TAG,
    summary: 'Finish a deployment',
    description: 'Once. Repeating it with the same outcome changes nothing.',
    scope: 'deployments:write',
    params: deploymentPath,
    body: deploymentFinish,
    responses: { 200: { description: 'It is finished; or it was before, with this outcome.', schema: deployment } },
    problems: { 404: 'There is no such deployment.', 409: ['deployment-finished'] },
  })
  finish(@Param('id') id: string, @Body() body: DeploymentFinish, @Req() request: FastifyRequest): Promise<Deployment> {
    return this.deployments.finish(id, body, tokenName(request));
  }
}
