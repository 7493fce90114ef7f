/** What the service tells about itself: its metrics and its version. (The log and the registry exist before Nest does.) */
import { Module } from '@nestjs/common';
import { DeploymentsModule } from '../deployments/deployments.module.js';
import { DoraModule } from '../dora/dora.module.js';
import { LedgerMetrics } from './ledger-metrics.js';
import { MetricsServer } from './metrics.server.js';
import { PoolMetrics } from './pool-metrics.js';
import { VersionController } from './version.controller.js';

@Module({
  imports: [DeploymentsModule, DoraModule],
  controllers: [VersionController],
  providers: [MetricsServer, PoolMetrics, LedgerMetrics],
})
export class TelemetryModule {}
