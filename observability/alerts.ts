/** The alerts, once. render.ts makes Prometheus's and Grafana's form of them; a test keeps the committed files equal to both. */

/** A number that is watched, and the side of a limit on which it is bad. */
export interface Alert {
  /** CamelCase, as both tools show it; also the heading of its section in docs/runbook.md. */
  readonly name: string;
  /** What a person reads first. */
  readonly summary: string;
  /** What it means, and for whom. May use `{{ $value }}`. */
  readonly description: string;
  readonly severity: 'critical' | 'warning';
  /** How long it must hold before anybody is told. */
  readonly for: string;
  /** PromQL for one number. Either it always has a value, or it has none exactly when there is nothing to say. */
  readonly query: string;
  readonly condition: { readonly below: number } | { readonly above: number };
  /** True for what only the one-host stack has: its own backups. In Kubernetes the database is somebody else's. */
  readonly oneHostOnly?: true;
}

/** Figures that alerts and dashboards share, computed once. */
export interface Recording {
  readonly record: string;
  readonly query: string;
}

/** The share of answers that may fail before somebody is told. */
const ERROR_RATIO = 0.05;
/** Requests a second under which a ratio says nothing: three errors among four requests at night are no incident. */
const TRAFFIC_FLOOR = 0.1;
/** Health checks are the stack asking itself, and 503 is a good answer while draining. */
const REQUESTS = 'http_requests_total{job="api", route!~"/health.*"}';

export const recordings: readonly Recording[] = [
  { record: 'job:http_requests:rate10m', query: `sum(rate(${REQUESTS}[10m]))` },
  {
    // 0 where there is traffic and no error; nothing where there is no traffic, which is not the same as no errors.
    record: 'job:http_requests_failed:ratio_rate10m',
    query:
      `(sum(rate(${REQUESTS.replace('}', ', status=~"5.."}')}[10m])) or 0 * job:http_requests:rate10m)` +
      ' / (job:http_requests:rate10m > 0)',
  },
  // 1 while any colour answers Prometheus. Averaged over 30 days it is the availability on the dashboard.
  { record: 'job:up:max', query: 'max(up{job="api"})' },
];

export const alerts: readonly Alert[] = [
  {
    name: 'ServiceDown',
    summary: 'The release ledger is down',
    description: 'No colour of the API has answered Prometheus for five minutes.',
    severity: 'critical',
    for: '5m',
    // The idle colour is down by design, so it is the sum that counts; `or` keeps a number when neither is even known.
    query: 'sum(up{job="api"}) or vector(0)',
    condition: { below: 1 },
  },
  {
    name: 'HighErrorRate',
    summary: 'The release ledger fails more than 5 % of requests',
    description: '{{ $value | humanizePercentage }} of the requests of the last ten minutes were answered with 5xx.',
    severity: 'warning',
    for: '2m',
    query: `job:http_requests_failed:ratio_rate10m and job:http_requests:rate10m > ${TRAFFIC_FLOOR}`,
    condition: { above: ERROR_RATIO },
  },
  {
    name: 'BackupStale',
    oneHostOnly: true,
    summary: 'The newest backup is older than 26 hours',
    description: 'The nightly dump has not succeeded for {{ $value | humanizeDuration }}.',
    severity: 'warning',
    // A backup that was never made is infinitely old; its container makes the first one within minutes of its first start.
    for: '15m',
    query: 'time() - max(backup_last_success_timestamp_seconds) or vector(+Inf)',
    condition: { above: 26 * 3600 },
  },
  {
    name: 'RestoreDrillFailed',
    oneHostOnly: true,
    summary: 'The last restore drill failed',
    description: 'The newest dump could not be restored, or did not hold every row: do not count on it.',
    severity: 'warning',
    for: '0s',
    // Nothing before the first drill.
    query: 'min(restore_drill_success)',
    condition: { below: 1 },
  },
];
