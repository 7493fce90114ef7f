/** Shows the database pool in the metrics: how full it is, and how many wait for it. */
import { Inject, Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { Database } from '../database/database.js';
import { REGISTRY } from './registry.js';

@Injectable()
export class PoolMetrics {
  constructor(database: Database, @Inject(REGISTRY) registry: Registry) {
    new Gauge({
      name: 'db_pool_connections',
      help: 'Connections of the pool in use and idle, and requests waiting for one.',
      labelNames: ['state'],
      registers: [registry],
      collect() {
        const { inUse, idle, waiting } = database.poolState();
        this.set({ state: 'in_use' }, inUse);
        this.set({ state: 'idle' }, idle);
        this.set({ state: 'waiting' }, waiting);
      },
    });
  }
}
