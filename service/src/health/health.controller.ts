/** Tells orchestrators and load balancers whether to restart this process and whether to send it requests. */
import { Controller, Get, Res, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import type { HealthCheckResult } from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import * as z from 'zod';
import { sendJson } from '../http/json-text.js';
import { Operation } from '../http/operation.js';
import { DatabaseIndicator } from './database.indicator.js';
import { Lifecycle } from './lifecycle.js';

const indicators = z.record(z.string(), z.looseObject({ status: z.enum(['up', 'down', 'degraded']) }));

/** Terminus's own shape. */
const health = z.object({
  status: z.enum(['ok', 'degraded', 'error', 'shutting_down']),
  info: indicators,
  error: indicators,
  details: indicators,
});

const ALIVE = JSON.stringify({ status: 'ok', info: {}, error: {}, details: {} });

const responses = {
  200: { description: 'All is well.', schema: health },
  503: { description: 'Not now; `error` says why.', schema: health },
};

@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly database: DatabaseIndicator,
    private readonly lifecycle: Lifecycle,
  ) {}

  @Get()
  @Operation({ tag: 'Running it', summary: 'Everything that is checked', responses })
  all(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthCheckResult> {
    return this.check(reply);
  }

  @Get('live')
  @Operation({
    tag: 'Running it',
    summary: 'Whether the process is alive',
    description: 'Says nothing about the database: restarting this process would not mend that.',
    responses: { 200: { description: 'It is.', schema: health } },
  })
  live(@Res() reply: FastifyReply): void {
    sendJson(reply, ALIVE);
  }

  @Get('ready')
  @Operation({
    tag: 'Running it',
    summary: 'Whether to send requests here',
    description:
      '503 while the process drains, and while the database is away, hangs, refuses writes or lacks migrations; always within a bounded time.',
    responses,
  })
  ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthCheckResult> {
    return this.check(reply);
  }

  private async check(reply: FastifyReply): Promise<HealthCheckResult> {
    try {
      return await this.health.check([() => this.database.isHealthy(), () => this.process()]);
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      // Terminus throws a bad result; it is answered as it is, because that is the body that its clients parse.
      void reply.code(503);
      return error.getResponse() as HealthCheckResult;
    }
  }

  private process() {
    const indicator = this.indicators.check('process');
    return this.lifecycle.draining ? indicator.down({ reason: 'draining' }) : indicator.up();
  }
}
