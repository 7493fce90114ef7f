/** What both dashboards have in common: how they open, and a mark at every deployment. */
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { PROMETHEUS } from './datasources.ts';
import { prometheus } from './panels.ts';

/** Deployments that have ended, as the ledger counts them; both colours count the same ones. */
const ENDED = 'max by (service, environment, outcome) (ledger_deployments_total{job="api"})';

/**
 * A value in the minute in which a deployment ended, whatever its outcome: a count that rose, or one that did not exist a minute ago.
 * The last line keeps the first minute of a Prometheus that has just begun to look from marking everything that ever happened.
 */
export const deploymentEnded =
  `((${ENDED} - ${ENDED.replace('}', '} offset 1m')} > 0) or (${ENDED} unless ${ENDED.replace('}', '} offset 1m')}))` +
  ' and on () (max(up{job="api"} offset 1m) == 1)';

/** An empty dashboard. */
export function page(uid: string, title: string, description: string, from: string): dashboard.DashboardBuilder {
  return new dashboard.DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['sluice'])
    .timezone('browser')
    .readonly()
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .time({ from, to: 'now' })
    .refresh('30s')
    .link(
      new dashboard.DashboardLinkBuilder('Sluice')
        .type('dashboards' as dashboard.DashboardLinkType)
        .tags(['sluice'])
        .asDropdown(false)
        .keepTime(true),
    )
    .annotation(
      new dashboard.AnnotationQueryBuilder()
        .name('Deployments')
        .datasource(PROMETHEUS)
        .enable(true)
        .iconColor('blue')
        .expr(deploymentEnded)
        .step('60s')
        .titleFormat('{{service}} → {{environment}}')
        .textFormat('{{outcome}}')
        .target(prometheus(deploymentEnded, 0).range()),
    );
}

/** A choice above the page: the values of a label, several or all of them. */
export function choice(name: string, label: string, query: string): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder(name)
    .label(label)
    .datasource(PROMETHEUS)
    .query({ query, refId: name })
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .current({ selected: true, text: 'All', value: '$__all' });
}
