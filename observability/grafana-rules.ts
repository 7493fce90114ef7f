/** Grafana's form of the alerts: the same query, and the limit as a threshold expression over its result. */
import type * as alerting from '@grafana/grafana-foundation-sdk/alerting';
import type { Alert } from './alerts.ts';
import { PROMETHEUS } from './dashboards/datasources.ts';

/** Grafana's own pseudo data source for expressions. */
const EXPRESSION = '__expr__';

/** A rule as Grafana reads it from a file: its API's type but for what the file says elsewhere. */
type FileRule = Pick<alerting.Rule, 'condition' | 'data' | 'noDataState' | 'execErrState' | 'for' | 'title'> &
  Required<Pick<alerting.Rule, 'uid' | 'labels' | 'annotations'>>;

interface FileGroup {
  readonly orgId: number;
  readonly name: string;
  readonly folder: string;
  readonly interval: string;
  readonly rules: readonly FileRule[];
}

/** The file alerting/rules.yaml. */
export function grafanaRules(
  alerts: readonly Alert[],
  runbookUrl: (name: string) => string,
): { apiVersion: 1; groups: readonly FileGroup[] } {
  const rules = alerts.map((alert) => grafanaRule(alert, runbookUrl(alert.name)));
  // Grafana's scheduler ticks every 10 s; an interval has to be a multiple of that.
  return { apiVersion: 1, groups: [{ orgId: 1, name: 'alerts', folder: 'Sluice', interval: '30s', rules }] };
}

function grafanaRule(alert: Alert, runbook_url: string): FileRule {
  const { name, summary, description, severity, query, condition } = alert;
  const evaluator =
    'below' in condition ? { type: 'lt', params: [condition.below] } : { type: 'gt', params: [condition.above] };
  return {
    uid: name.toLowerCase(),
    title: name,
    condition: 'limit',
    data: [
      {
        refId: 'value',
        datasourceUid: PROMETHEUS.uid!,
        relativeTimeRange: { from: 600, to: 0 },
        model: { refId: 'value', expr: query, instant: true, range: false } as object as alerting.Query['model'] &
          object,
      },
      {
        refId: 'limit',
        datasourceUid: EXPRESSION,
        relativeTimeRange: { from: 0, to: 0 },
        model: {
          refId: 'limit',
          type: 'threshold',
          expression: 'value',
          conditions: [{ evaluator }],
        } as object as alerting.Query['model'] & object,
      },
    ],
    // The queries have no value exactly when there is nothing to say; Prometheus being away is an error, and is told as one.
    noDataState: 'OK',
    execErrState: 'Error',
    for: alert.for,
    labels: { severity },
    annotations: { summary, description: forGrafana(description), runbook_url },
  };
}

/** Grafana's `$value` is a text about all queries; the number of one is in `$values`. A file's `$` begins a variable unless doubled. */
function forGrafana(template: string): string {
  return template.replaceAll('$value', '$$$$values.value.Value');
}
