/** The registry of all metrics, with those that need no part of the service: Node's own, the build, the pool. */
import { Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { Configuration } from '../configuration.js';

/** Token under which Nest injects the {@link Registry}. */
export const REGISTRY = Symbol('metrics registry');

/** Makes the registry with Node's default metrics and `build_info`. */
export function createRegistry({ VERSION, COMMIT }: Configuration): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'build_info',
    help: 'What is running; always 1.',
    labelNames: ['version', 'commit'],
    registers: [registry],
  }).set({ version: VERSION, commit: COMMIT }, 1);
  return registry;
}
