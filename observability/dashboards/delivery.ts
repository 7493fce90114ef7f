/** The dashboard "Delivery": what runs where, how it got there, and how well delivering goes. All of it is what the ledger knows. */
import type * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { figure, graph, rows } from './panels.ts';
import { choice, page } from './shared.ts';

/** Both colours tell the same figures: `max` counts each once. */
const place = 'job="api", service=~"$service", environment=~"$environment"';
const by = 'max by (service, environment)';

export const delivery: dashboard.Dashboard = page(
  'sluice-delivery',
  'Delivery',
  'What runs where, how it got there, and how well delivering goes.',
  'now-30d',
)
  .withVariable(choice('service', 'Service', 'label_values(ledger_releases, service)'))
  .withVariable(choice('environment', 'Environment', 'label_values(ledger_running_version_info, environment)'))

  .withRow(new RowBuilder('Now'))
  .withPanel(
    rows(
      {
        title: 'What runs where',
        description: 'The version that each environment runs, by the last deployment that succeeded.',
        unit: 'none',
        width: 14,
        height: 8,
      },
      `max by (service, environment, version, digest) (ledger_running_version_info{${place}})`,
      { service: 'Service', environment: 'Environment', version: 'Version', digest: 'Image' },
    ),
  )
  .withPanel(
    figure(
      {
        title: 'Releases by verdict',
        description: 'All releases that were ever recorded. Only those that passed can be deployed.',
        unit: 'none',
        width: 5,
        height: 8,
      },
      'sum by (verdict) (max by (service, verdict) (ledger_releases{job="api", service=~"$service"}))',
      '{{verdict}}',
    ),
  )
  .withPanel(
    figure(
      {
        title: 'Deployments by outcome',
        description: 'All deployments that have ended.',
        unit: 'none',
        width: 5,
        height: 8,
      },
      `sum by (outcome) (max by (service, environment, outcome) (ledger_deployments_total{${place}}))`,
      '{{outcome}}',
    ),
  )

  .withRow(new RowBuilder('DORA, over the 30 days before each moment'))
  .withPanel(
    graph({ title: 'Deployment frequency', description: 'Changes that succeeded, a day.', unit: 'none', width: 6 }, [
      { query: `${by} (ledger_dora_deployments_per_day{${place}})`, legend: '{{service}} → {{environment}}' },
    ]),
  )
  .withPanel(
    graph(
      {
        title: 'Lead time for changes',
        description: 'From commit to running: half of the changes within P50, nine of ten within P90.',
        unit: 's',
        width: 6,
      },
      [
        {
          query: `max by (service, environment, quantile) (ledger_dora_lead_time_seconds{${place}})`,
          legend: '{{service}} → {{environment}} (quantile {{quantile}})',
        },
      ],
    ),
  )
  .withPanel(
    graph(
      {
        title: 'Change failure rate',
        description: 'Share of the changes that failed, were rolled back, or were followed by a rollback.',
        unit: 'percentunit',
        width: 6,
      },
      [{ query: `${by} (ledger_dora_change_failure_ratio{${place}})`, legend: '{{service}} → {{environment}}' }],
      { max: 1 },
    ),
  )
  .withPanel(
    graph(
      {
        title: 'Time to restore',
        description: 'Half of the failures were over within this time.',
        unit: 's',
        width: 6,
      },
      [{ query: `${by} (ledger_dora_time_to_restore_seconds{${place}})`, legend: '{{service}} → {{environment}}' }],
    ),
  )

  .withRow(new RowBuilder('Over time'))
  .withPanel(
    graph({ title: 'Verdicts', description: 'Releases recorded, by verdict.', unit: 'none', width: 12 }, [
      {
        query: 'sum by (verdict) (max by (service, verdict) (ledger_releases{job="api", service=~"$service"}))',
        legend: '{{verdict}}',
      },
    ]),
  )
  .withPanel(
    graph({ title: 'Deployments', description: 'Deployments that have ended, by outcome.', unit: 'none', width: 12 }, [
      {
        query: `sum by (outcome) (max by (service, environment, outcome) (ledger_deployments_total{${place}}))`,
        legend: '{{outcome}}',
      },
    ]),
  )
  .withPanel(
    figure(
      {
        title: 'Age of these figures',
        description:
          'How long ago the service read them from its database. More than a minute means that the database does not answer.',
        unit: 's',
        width: 6,
        height: 5,
      },
      'max(ledger_metrics_age_seconds{job="api"})',
    ),
  )
  .build();
