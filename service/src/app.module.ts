/** Puts the service together. */
import { Global, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { CONFIGURATION } from './configuration.js';
import { DatabaseModule } from './database/database.module.js';
import { DeploymentsModule } from './deployments/deployments.module.js';
import { DoraModule } from './dora/dora.module.js';
import { HealthModule } from './health/health.module.js';
import { Lifecycle } from './health/lifecycle.js';
import type { ServerParts } from './http/server.js';
import { ReleasesModule } from './releases/releases.module.js';
import { LOGGER } from './telemetry/logger.js';
import { REGISTRY } from './telemetry/registry.js';
import { TelemetryModule } from './telemetry/telemetry.module.js';

@Global()
@Module({})
export class AppModule {
  /** The service with what exists before Nest does, because the HTTP server under Nest needs it too. */
  static with({ configuration, logger, registry, lifecycle }: ServerParts): DynamicModule {
    return {
      module: AppModule,
      imports: [TelemetryModule, DatabaseModule, HealthModule, ReleasesModule, DeploymentsModule, DoraModule],
      providers: [
        { provide: CONFIGURATION, useValue: configuration },
        { provide: LOGGER, useValue: logger },
        { provide: REGISTRY, useValue: registry },
        { provide: Lifecycle, useValue: lifecycle },
      ],
      exports: [CONFIGURATION, LOGGER, REGISTRY, Lifecycle],
    };
  }
}
