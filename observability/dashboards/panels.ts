/** The kinds of panels that both dashboards use, with what all of them share: a unit, a description, and "no data" where there is none. */
import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  BigValueGraphMode,
  LegendDisplayMode,
  LegendPlacement,
  LogsSortOrder,
  TooltipDisplayMode,
} from '@grafana/grafana-foundation-sdk/common';
import * as common from '@grafana/grafana-foundation-sdk/common';
import { PanelBuilder as Logs } from '@grafana/grafana-foundation-sdk/logs';
import { DataqueryBuilder as LokiQuery } from '@grafana/grafana-foundation-sdk/loki';
import { DataqueryBuilder as PrometheusQuery, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries';
import { LOKI, PROMETHEUS } from './datasources.ts';

/** What the reader sees of a panel. */
export interface Face {
  readonly title: string;
  /** What it shows, how to read it, and what is normal: Grafana's tooltip. */
  readonly description: string;
  /** A unit of Grafana's: https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/ */
  readonly unit: string;
  /** Width in 24ths of the page. */
  readonly width: number;
  readonly height?: number;
}

/** One line of a graph, or one family of lines, named by a legend such as `{{route}}`. */
export interface Line {
  readonly query: string;
  readonly legend: string;
}

const NO_DATA = 'no data';

/** Lines over time. They have gaps where there are no data, and begin at 0 so that small changes don't look large. */
export function graph(face: Face, lines: readonly Line[], { max }: { max?: number } = {}): TimeSeries {
  const panel = shared(new TimeSeries(), face)
    .min(0)
    .lineWidth(1)
    .fillOpacity(8)
    .spanNulls(false)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new common.VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
    .targets(lines.map(({ query, legend }, i) => prometheus(query, i).range().legendFormat(legend)));
  return max === undefined ? panel : panel.max(max);
}

/** One number, now. */
export function figure(face: Face, query: string, legend = ''): Stat {
  return shared(new Stat(), face)
    .graphMode(BigValueGraphMode.None)
    .colorMode(BigValueColorMode.None)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false))
    .targets([prometheus(query, 0).instant().legendFormat(legend)]);
}

/** The labels of a series as rows; `columns` are the labels, in order, with their headings. */
export function rows(face: Face, query: string, columns: Readonly<Record<string, string>>): Table {
  const names = Object.keys(columns);
  return shared(new Table(), face)
    .targets([prometheus(query, 0).instant().format(PromQueryFormat.Table)])
    .transformations([
      { id: 'filterFieldsByName', options: { include: { names } } },
      {
        id: 'organize',
        options: { indexByName: Object.fromEntries(names.map((name, i) => [name, i])), renameByName: columns },
      },
    ]);
}

/** Log lines, newest first. */
export function lines(face: Omit<Face, 'unit'>, query: string): Logs {
  return shared(new Logs(), { ...face, unit: 'none' })
    .showTime(true)
    .wrapLogMessage(true)
    .enableLogDetails(true)
    .sortOrder(LogsSortOrder.Descending)
    .targets([new LokiQuery().datasource(LOKI).refId('A').expr(query).maxLines(500)]);
}

/** A query to Prometheus; a panel's queries are named A, B, C and so on. */
export function prometheus(query: string, index: number): PrometheusQuery {
  return new PrometheusQuery()
    .datasource(PROMETHEUS)
    .refId(String.fromCharCode(65 + index))
    .expr(query);
}

/** What every kind of panel has, in the SDK's own words. */
interface Panel {
  title(title: string): this;
  description(description: string): this;
  unit(unit: string): this;
  span(width: number): this;
  height(height: number): this;
  noValue(text: string): this;
  datasource(datasource: common.DataSourceRef): this;
  targets(targets: cog.Builder<cog.Dataquery>[]): this;
}

function shared<P extends Panel>(panel: P, { title, description, unit, width, height = 7 }: Face): P {
  return panel
    .title(title)
    .description(description)
    .unit(unit)
    .span(width)
    .height(height)
    .noValue(NO_DATA)
    .datasource(PROMETHEUS);
}
