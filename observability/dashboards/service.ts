/** The dashboard "Service": is the ledger well, and if not, where does it hurt? */
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { figure, graph, lines } from './panels.ts';
import { page } from './shared.ts';

/** People's requests; the stack's own health checks would drown them. */
const requests = 'job="api", route!~"/health.*"';
const rate = (more: string) => `sum(rate(http_requests_total{${requests}${more}}[$__rate_interval]))`;
const quantile = (q: number, by = '') =>
  `histogram_quantile(${q}, sum by (le${by}) (rate(http_request_duration_seconds_bucket{${requests}}[$__rate_interval])))`;

/** The share of answers with this status; 0 where there were requests and none of them had it, nothing where there were no requests. */
const share = (status: string) => `(${rate(`, status=~"${status}"`)} or 0 * ${rate('')}) / (${rate('')} > 0)`;

export const service: dashboard.Dashboard = page(
  'sluice-service',
  'Service',
  'Is the release ledger well, and if not, where does it hurt?',
  'now-1h',
)
  .withVariable(
    new dashboard.CustomVariableBuilder('source')
      .label('Log of')
      .values('api,nginx,postgres,backup,prometheus,loki,alloy,grafana')
      .multi(true)
      .includeAll(true)
      .allValue('.+')
      .current({ selected: true, text: ['api', 'nginx'], value: ['api', 'nginx'] }),
  )
  .withVariable(
    new dashboard.CustomVariableBuilder('level')
      .label('Level')
      .values('DEBUG,INFO,WARN,ERROR')
      .multi(true)
      .includeAll(true)
      .allValue('.*')
      .current({ selected: true, text: 'All', value: '$__all' }),
  )
  .withVariable(new dashboard.TextBoxVariableBuilder('text').label('Line contains').defaultValue(''))

  .withRow(new dashboard.RowBuilder('Now'))
  .withPanel(
    figure(
      {
        title: 'Colours that answer',
        description:
          'How many colours of the API answer Prometheus: 1 is normal, 2 while a deploy switches, 0 is an outage.',
        unit: 'none',
        width: 4,
        height: 5,
      },
      'sum(up{job="api"})',
    ),
  )
  .withPanel(
    figure(
      {
        title: 'Availability over 30 days',
        description:
          'Share of the last 30 days (or of the time Prometheus has looked) in which at least one colour answered.',
        unit: 'percentunit',
        width: 4,
        height: 5,
      },
      'avg_over_time(job:up:max[30d])',
    ).decimals(3),
  )
  .withPanel(
    figure(
      {
        title: 'Requests',
        description: 'Requests a second, health checks left out.',
        unit: 'reqps',
        width: 4,
        height: 5,
      },
      'job:http_requests:rate10m',
    ),
  )
  .withPanel(
    figure(
      {
        title: 'Failed (5xx)',
        description:
          'Share of requests answered with 5xx over ten minutes. The alert HighErrorRate begins at 5 %. Empty while nobody asks.',
        unit: 'percentunit',
        width: 4,
        height: 5,
      },
      'job:http_requests_failed:ratio_rate10m',
    ).decimals(2),
  )
  .withPanel(
    figure(
      {
        title: 'Age of the backup',
        description: 'Time since the newest dump was finished. The alert BackupStale begins at 26 hours.',
        unit: 's',
        width: 4,
        height: 5,
      },
      'time() - max(backup_last_success_timestamp_seconds)',
    ),
  )
  .withPanel(
    figure(
      { title: 'Running version', description: 'What the API says it is.', unit: 'none', width: 4, height: 5 },
      'max by (version, commit) (build_info{job="api"})',
      '{{version}}',
    ).textMode('name' as never),
  )

  .withRow(new dashboard.RowBuilder('Requests'))
  .withPanel(
    graph({ title: 'Requests by route', description: 'Requests a second by route pattern.', unit: 'reqps', width: 8 }, [
      {
        query: `sum by (method, route) (rate(http_requests_total{${requests}}[$__rate_interval]))`,
        legend: '{{method}} {{route}}',
      },
    ]),
  )
  .withPanel(
    graph(
      {
        title: 'Refused (4xx) and failed (5xx)',
        description: "Share of requests. 4xx are clients' mistakes, 5xx are ours.",
        unit: 'percentunit',
        width: 8,
      },
      [
        { query: share('4..'), legend: '4xx' },
        { query: share('5..'), legend: '5xx' },
      ],
    ),
  )
  .withPanel(
    graph(
      {
        title: 'At the front door',
        description: 'Requests a second that Nginx took, and connections that are open to it.',
        unit: 'short',
        width: 8,
      },
      [
        { query: 'sum(rate(nginx_http_requests_total[$__rate_interval]))', legend: 'requests a second' },
        { query: 'sum(nginx_connections_active)', legend: 'connections' },
      ],
    ),
  )
  .withPanel(
    graph(
      {
        title: 'Time to answer',
        description: 'Half of the requests were answered within P50, 95 of 100 within P95, 99 of 100 within P99.',
        unit: 's',
        width: 12,
      },
      [
        { query: quantile(0.5), legend: 'P50' },
        { query: quantile(0.95), legend: 'P95' },
        { query: quantile(0.99), legend: 'P99' },
      ],
    ),
  )
  .withPanel(
    graph(
      {
        title: 'P95 by route',
        description: '95 of 100 requests of a route were answered within this time.',
        unit: 's',
        width: 12,
      },
      [{ query: quantile(0.95, ', method, route'), legend: '{{method}} {{route}}' }],
    ),
  )

  .withRow(new dashboard.RowBuilder('Saturation'))
  .withPanel(
    graph(
      {
        title: 'Database pool',
        description: 'Connections of the API to PostgreSQL, and requests that wait for one. Waiting should be 0.',
        unit: 'none',
        width: 6,
      },
      [{ query: 'sum by (state) (db_pool_connections{job="api"})', legend: '{{state}}' }],
    ),
  )
  .withPanel(
    graph(
      {
        title: 'Event loop lag (P99)',
        description: 'How late timers of the API run. Over 100 ms something blocks the loop.',
        unit: 's',
        width: 6,
      },
      [{ query: 'nodejs_eventloop_lag_p99_seconds{job="api"}', legend: '{{instance}}' }],
    ),
  )
  .withPanel(
    graph({ title: 'CPU of the API', description: 'Cores in use; the container may use 1.', unit: 'none', width: 6 }, [
      { query: 'rate(process_cpu_seconds_total{job="api"}[$__rate_interval])', legend: '{{instance}}' },
    ]),
  )
  .withPanel(
    graph(
      {
        title: 'Memory of the API',
        description: 'Resident memory; the container may use 256 MiB.',
        unit: 'bytes',
        width: 6,
      },
      [{ query: 'process_resident_memory_bytes{job="api"}', legend: '{{instance}}' }],
    ),
  )
  .withPanel(
    graph(
      {
        title: 'PostgreSQL: sessions',
        description: 'Sessions by state, of 60 that are allowed.',
        unit: 'none',
        width: 12,
      },
      [{ query: 'sum by (state) (pg_stat_activity_count{datname="ledger"})', legend: '{{state}}' }],
    ),
  )
  .withPanel(
    graph({ title: 'PostgreSQL: size', description: 'Size of the database on disk.', unit: 'bytes', width: 12 }, [
      { query: 'pg_database_size_bytes{datname="ledger"}', legend: '{{datname}}' },
    ]),
  )

  .withRow(new dashboard.RowBuilder('Logs'))
  .withPanel(
    lines(
      {
        title: 'Log',
        description:
          'The lines of the selection above. Open a line and follow its request id to every line of that request, at Nginx and in the API.',
        width: 24,
        height: 12,
      },
      '{service_name=~"$source", level=~"$level"} |= `$text`',
    ),
  )
  .build();
