/**
 * Writes what is made from code: Prometheus's rules, on one host and for Kubernetes, Grafana's alert rules and dashboards.
 * `npm run render` writes the files, `npm run render -- --check` names those that differ and exits 1.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { alerts, recordings } from './alerts.ts';
import type { Alert } from './alerts.ts';
import { delivery } from './dashboards/delivery.ts';
import { service } from './dashboards/service.ts';
import { grafanaRules } from './grafana-rules.ts';

/** What alerts link to: a path in this repository; write a whole URL here once the repository has one that operators can open. */
const RUNBOOK = 'docs/runbook.md';

/** Each file's path, relative to the repository's root, and its text. */
export function rendered(): Map<string, string> {
  return new Map([
    [
      'observability/prometheus/rules/recordings.yml',
      yaml({ groups: [{ name: 'recordings', rules: recordings.map(recordingRule) }] }),
    ],
    [
      'observability/prometheus/rules/alerts.yml',
      yaml({ groups: [{ name: 'alerts', rules: alerts.map(prometheusRule) }] }),
    ],
    ['k8s/components/prometheus-operator/prometheus-rule.yaml', yaml(kubernetesRule())],
    ['observability/grafana/provisioning/alerting/rules.yaml', yaml(grafanaRules(alerts, runbookUrl))],
    ['observability/grafana/dashboards/service.json', json(service)],
    ['observability/grafana/dashboards/delivery.json', json(delivery)],
  ]);
}

function recordingRule({ record, query }: { record: string; query: string }): object {
  return { record, expr: query };
}

function prometheusRule(alert: Alert): object {
  const { name, summary, description, severity } = alert;
  return {
    alert: name,
    expr: prometheusExpression(alert),
    for: alert.for,
    labels: { severity },
    annotations: { summary, description, runbook_url: runbookUrl(name) },
  };
}

/** The same rules for the Prometheus Operator, without what only the one host has. */
function kubernetesRule(): object {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'release-ledger', namespace: 'release-ledger' },
    spec: {
      groups: [
        { name: 'recordings', rules: recordings.map(recordingRule) },
        { name: 'alerts', rules: alerts.filter(({ oneHostOnly }) => !oneHostOnly).map(prometheusRule) },
      ],
    },
  };
}

/** Prometheus's form: the comparison is part of the expression, which has a result only while something is wrong. */
export function prometheusExpression({ query, condition }: Alert): string {
  return 'below' in condition ? `(${query}) < ${condition.below}` : `(${query}) > ${condition.above}`;
}

/** The section with the alert's name, by the anchor that GitHub and GitLab give to its heading. */
export function runbookUrl(name: string): string {
  return `${RUNBOOK}#${name.toLowerCase()}`;
}

const header = '# Made from observability/alerts.ts by `npm run render`: edit that, not this.\n';

function yaml(value: object): string {
  return header + stringify(value, { lineWidth: 0, singleQuote: true });
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

if (import.meta.main) {
  const check = process.argv.includes('--check');
  for (const [file, text] of rendered()) {
    const path = join(import.meta.dirname, '..', file);
    if (check) {
      if (read(path) === text) continue;
      console.error(`${file} differs from what the code makes: run \`npm run render\``);
      process.exitCode = 1;
    } else {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
