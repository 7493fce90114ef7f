/** What the service tells about itself: its metrics and its version. (The log and the registry exist before Nest does.) */
import { Module } from '@nestjs/common';
import { MetricsServer } from './metrics.server.js';
import { PoolMetrics } from './pool-metrics.js';
import { VersionController } from './version.controller.js';

@Module({ controllers: [VersionController], providers: [MetricsServer, PoolMetrics] })
export class TelemetryModule {}
