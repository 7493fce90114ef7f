/** What is made from code is what is committed; both forms of an alert say the same; every panel can be understood. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { alerts } from '../alerts.ts';
import { delivery } from '../dashboards/delivery.ts';
import { service } from '../dashboards/service.ts';
import { rendered, runbookUrl } from '../render.ts';
import { panelsOf } from './queries.ts';

const directory = join(import.meta.dirname, '..');
const text = (file: string): string => readFileSync(join(directory, file), 'utf8');

describe('committed files', () => {
  for (const [file, made] of rendered()) {
    it(`${file} is what the code makes`, () => {
      assert.equal(readFileSync(join(directory, '..', file), 'utf8'), made, 'run `npm run render`');
    });
  }
});

describe('alerts', () => {
  interface Rule {
    alert: string;
    expr: string;
    for: string;
    labels: object;
    annotations: Record<string, string>;
  }
  interface GrafanaRule {
    title: string;
    for: string;
    labels: object;
    annotations: Record<string, string>;
    data: { model: { expr?: string; conditions?: { evaluator: { type: string; params: number[] } }[] } }[];
  }
  const prometheus = (parse(text('prometheus/rules/alerts.yml')) as { groups: { rules: Rule[] }[] }).groups[0]!.rules;
  const grafana = (parse(text('grafana/provisioning/alerting/rules.yaml')) as { groups: { rules: GrafanaRule[] }[] })
    .groups[0]!.rules;

  it('are the same ones in Prometheus and in Grafana', () => {
    assert.deepEqual(
      prometheus.map(({ alert }) => alert),
      grafana.map(({ title }) => title),
    );
  });

  for (const [i, rule] of prometheus.entries()) {
    it(`${rule.alert}: Grafana's query and threshold are Prometheus's expression`, () => {
      const [value, limit] = grafana[i]!.data;
      const { type, params } = limit!.model.conditions![0]!.evaluator;
      const sign = { lt: '<', gt: '>' }[type];
      assert.equal(`(${value!.model.expr}) ${sign} ${params[0]}`, rule.expr);
      assert.equal(grafana[i]!.for, rule.for);
      assert.deepEqual(grafana[i]!.labels, rule.labels);
      // The value of a query has another name in Grafana; the rest is the same to the letter.
      const annotations = Object.fromEntries(
        Object.entries(grafana[i]!.annotations).map(([name, words]) => [
          name,
          words.replaceAll('$$values.value.Value', '$value'),
        ]),
      );
      assert.deepEqual(annotations, rule.annotations);
    });
  }

  it('link to a section of the runbook each', () => {
    const runbook = readFileSync(join(directory, '../docs/runbook.md'), 'utf8');
    const anchors = [...runbook.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      heading!.toLowerCase().replaceAll(' ', '-'),
    );
    for (const { name } of alerts) {
      assert.ok(anchors.includes(runbookUrl(name).split('#')[1]!), `docs/runbook.md has no section ${name}`);
    }
  });
});

describe('dashboards', () => {
  for (const dashboard of [service, delivery]) {
    for (const panel of panelsOf(dashboard)) {
      it(`${dashboard.title}: "${panel.title}" has a title, a description, a unit, queries, and words for no data`, () => {
        assert.ok(panel.title);
        assert.ok((panel.description ?? '').length > 10, 'description');
        assert.ok(panel.fieldConfig?.defaults.unit, 'unit');
        assert.equal(panel.fieldConfig?.defaults.noValue, 'no data');
        assert.ok((panel.targets ?? []).length > 0, 'queries');
      });
    }

    it(`${dashboard.title}: no panel stands on another`, () => {
      const taken = new Map<string, string>();
      for (const panel of panelsOf(dashboard)) {
        const { x, y, w, h } = panel.gridPos!;
        assert.ok(x + w <= 24, `${panel.title} is wider than the page`);
        for (let column = x; column < x + w; column++) {
          for (let line = y; line < y + h; line++) {
            const other = taken.get(`${column},${line}`);
            assert.equal(other, undefined, `${panel.title} stands on ${other}`);
            taken.set(`${column},${line}`, panel.title ?? '');
          }
        }
      }
    });

    it(`${dashboard.title}: marks every deployment`, () => {
      assert.ok(dashboard.annotations?.list?.some(({ name, enable }) => name === 'Deployments' && enable));
    });
  }

  it('are found by the provisioned data sources', () => {
    const { datasources } = parse(text('grafana/provisioning/datasources/datasources.yaml')) as {
      datasources: { uid: string; type: string }[];
    };
    for (const dashboard of [service, delivery]) {
      for (const panel of panelsOf(dashboard)) {
        for (const { datasource } of (panel.targets ?? []) as unknown as {
          datasource: { uid: string; type: string };
        }[]) {
          assert.ok(datasources.some(({ uid, type }) => uid === datasource.uid && type === datasource.type));
        }
      }
    }
  });
});
