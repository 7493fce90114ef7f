/** Every query that the stack asks of Prometheus and Loki: panels, annotations, choices, alerts, recordings, links from log lines. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { parse } from 'yaml';
import { alerts, recordings } from '../alerts.ts';
import { delivery } from '../dashboards/delivery.ts';
import { service } from '../dashboards/service.ts';
import { prometheusExpression } from '../render.ts';

export interface Query {
  /** Where a person finds it. */
  readonly where: string;
  readonly source: 'prometheus' | 'loki';
  readonly text: string;
  /** Whether it must answer: always, or only when something is wrong or has just happened. */
  readonly expect: 'data' | 'nothing' | 'either';
}

/** All panels of a dashboard, those inside of rows too; rows themselves are none. */
export function panelsOf(dashboard: Dashboard): Panel[] {
  return (dashboard.panels ?? []).flatMap((panel) =>
    panel.type === 'row' ? ((panel as { panels?: Panel[] }).panels ?? []) : [panel as Panel],
  );
}

export function allQueries(): Query[] {
  const queries: Query[] = [];
  for (const dashboard of [service, delivery]) {
    for (const panel of panelsOf(dashboard)) {
      for (const target of (panel.targets ?? []) as unknown as {
        expr: string;
        datasource: { type: 'prometheus' | 'loki' };
      }[]) {
        const where = `${dashboard.title}: ${panel.title}`;
        queries.push({ where, source: target.datasource.type, text: fill(target.expr), expect: 'data' });
      }
    }
    for (const { name, expr } of dashboard.annotations?.list ?? []) {
      if (expr)
        queries.push({ where: `${dashboard.title}: mark ${name}`, source: 'prometheus', text: expr, expect: 'either' });
    }
    for (const { name, query } of (dashboard.templating?.list ?? []) as { name: string; query?: unknown }[]) {
      const text = typeof query === 'object' && query ? (query as { query: string }).query : '';
      const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(text) ?? [];
      if (metric) {
        queries.push({
          where: `${dashboard.title}: choice ${name}`,
          source: 'prometheus',
          text: `count by (${label}) (${metric})`,
          expect: 'data',
        });
      }
    }
  }
  for (const { record, query } of recordings) {
    queries.push({ where: `recording ${record}`, source: 'prometheus', text: query, expect: 'data' });
    queries.push({ where: `recorded ${record}`, source: 'prometheus', text: record, expect: 'data' });
  }
  for (const alert of alerts) {
    queries.push({ where: `alert ${alert.name}: its number`, source: 'prometheus', text: alert.query, expect: 'data' });
    queries.push({
      where: `alert ${alert.name}: while healthy`,
      source: 'prometheus',
      text: prometheusExpression(alert),
      expect: 'nothing',
    });
  }
  return queries;
}

/** The query behind the link from a log line, for one request. */
export function linkOfRequest(requestId: string): string {
  const { datasources } = parse(
    readFileSync(join(import.meta.dirname, '../grafana/provisioning/datasources/datasources.yaml'), 'utf8'),
  ) as { datasources: { uid: string; jsonData: { derivedFields?: { url: string }[] } }[] };
  const link = datasources.find(({ uid }) => uid === 'loki')!.jsonData.derivedFields![0]!.url;
  return link.replace('$${__value.raw}', requestId);
}

/** Grafana's variables as they stand when a page is opened, with everything selected. */
function fill(query: string): string {
  return query
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$source', '.+')
    .replaceAll('$level', '.*')
    .replaceAll('$text', '')
    .replaceAll('$service', '.*')
    .replaceAll('$environment', '.*');
}
