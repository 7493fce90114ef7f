/** Builds the application, the same way for production and for tests: everything but listening. */
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import type { Configuration } from './configuration.js';
import { Lifecycle } from './health/lifecycle.js';
import { ProblemFilter } from './http/problem.filter.js';
import { addHooks, createAdapter } from './http/server.js';
import type { ServerParts } from './http/server.js';
import { HttpMetrics } from './telemetry/http-metrics.js';
import type { Logger } from './telemetry/logger.js';
import { NestLogger } from './telemetry/nest-logger.js';
import { addDocumentation } from './openapi/routes.js';
import { createRegistry } from './telemetry/registry.js';

/** The application, initialized; from here on the database is being connected in the background. */
export async function createApplication(configuration: Configuration, logger: Logger): Promise<NestFastifyApplication> {
  const registry = createRegistry(configuration);
  const parts: ServerParts = {
    configuration,
    logger,
    registry,
    metrics: new HttpMetrics(registry),
    lifecycle: new Lifecycle(),
  };
  const adapter = createAdapter(parts);
  const application = await NestFactory.create<NestFastifyApplication>(AppModule.with(parts), adapter, {
    logger: new NestLogger(logger),
    // The server reads bodies itself, JSON only.
    bodyParser: false,
    abortOnError: false,
  });
  application.useGlobalFilters(new ProblemFilter(logger));
  await addHooks(adapter.getInstance(), parts);
  addDocumentation(application, adapter.getInstance(), configuration.VERSION);
  await application.init();
  await adapter.getInstance().ready();
  return application;
}
