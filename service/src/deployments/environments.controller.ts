/** The API of environments. */
import { Controller, Get, Param } from '@nestjs/common';
import { Operation } from '../http/operation.js';
import { servicePath } from '../releases/release.schema.js';
import { environment, environmentList, environmentPath } from './deployment.schema.js';
import type { EnvironmentPath, EnvironmentState } from './deployment.schema.js';
import { EnvironmentsService } from './environments.service.js';

@Controller('v1/services/:service/environments')
export class EnvironmentsController {
  constructor(private readonly environments: EnvironmentsService) {}

  @Get()
  @Operation({
    tag: 'Environments',
    summary: 'What runs where',
    description:
      'The environments that the service was ever deployed to. A service without deployments has an empty list.',
    scope: 'read',
    params: servicePath,
    responses: { 200: { description: 'All of them, by name.', schema: environmentList } },
  })
  async list(@Param('service') service: string): Promise<{ items: EnvironmentState[] }> {
    return { items: await this.environments.ofService(service) };
  }

  @Get(':environment')
  @Operation({
    tag: 'Environments',
    summary: 'What runs in an environment, since when, and what to go back to',
    scope: 'read',
    params: environmentPath,
    responses: { 200: { description: 'The state of the environment.', schema: environment } },
    problems: { 404: 'Nothing was ever deployed there.' },
  })
  get(@Param() path: EnvironmentPath): Promise<EnvironmentState> {
    return this.environments.find(path);
  }
}
