/**
 * Counts and times requests by method, route pattern and status.
 *
 * The figures are kept here and shown to prom-client when it asks: its own counters would check, sort and hash the labels of every
 * request, twice.
 */
import { Counter } from 'prom-client';
import type { Metric, Registry } from 'prom-client';

/** Methods that the label may hold; clients can send any other, so those share one value. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** The `route` of requests that match none. */
export const UNMATCHED = 'unmatched';

/** Upper bounds in seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
const NAME = 'http_request_duration_seconds';

interface Series {
  readonly labels: { readonly method: string; readonly route: string; readonly status: number };
  count: number;
  seconds: number;
  /** Requests that fell between the bucket's bound and the one below; the last are those over all bounds. */
  readonly buckets: number[];
}

export class HttpMetrics {
  readonly #series = new Map<string, Series>();

  constructor(registry: Registry) {
    const all = (): Iterable<Series> => this.#series.values();
    new Counter({
      name: 'http_requests_total',
      help: 'Requests answered, by method, route pattern and status.',
      labelNames: ['method', 'route', 'status'],
      registers: [registry],
      collect() {
        this.reset();
        for (const { labels, count } of all()) this.inc(labels, count);
      },
    });
    const durations = {
      name: NAME,
      help: 'Time from the first byte of a request to the last of its answer, in seconds.',
      type: 'histogram',
      aggregator: 'sum',
      get() {
        return Promise.resolve({ ...this, values: [...all()].flatMap(histogram) });
      },
    };
    registry.registerMetric(durations as unknown as Metric);
  }

  /** Records one answer. */
  observe(method: string, route: string = UNMATCHED, status: number, milliseconds: number): void {
    const key = `${status}${method}${route}`;
    let series = this.#series.get(key);
    if (!series) {
      const labels = { method: METHODS.has(method) ? method : 'OTHER', route, status };
      // Unknown methods share one series: clients make them up.
      const known = labels.method === method ? key : `${status}OTHER${route}`;
      series = this.#series.get(known);
      if (!series) {
        series = { labels, count: 0, seconds: 0, buckets: new Array<number>(BUCKETS.length + 1).fill(0) };
        this.#series.set(known, series);
      }
    }
    const seconds = milliseconds / 1_000;
    series.count += 1;
    series.seconds += seconds;
    let bucket = 0;
    while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] ?? 0)) bucket += 1;
    series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
  }
}

/** One series as Prometheus wants it: each bucket holds the ones below it, too. */
function histogram({ labels, count, seconds, buckets }: Series) {
  let below = 0;
  return [
    ...buckets.map((requests, index) => {
      below += requests;
      return { metricName: `${NAME}_bucket`, labels: { le: BUCKETS[index] ?? '+Inf', ...labels }, value: below };
    }),
    { metricName: `${NAME}_sum`, labels, value: seconds },
    { metricName: `${NAME}_count`, labels, value: count },
  ];
}
