import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aFinding } from '../test/made-verdict.ts';
import { brief, read } from '../test/report-file.ts';
import { marked } from './baseline.ts';
import type { Finding, StageName } from './model.ts';
import { mergeSameAdvisories, type Reported } from './same-advisory.ts';

const lodash = (over: Partial<Finding> = {}) =>
  aFinding({ rule: 'CVE-2021-23337', package: { name: 'lodash', version: '4.17.20' }, ...over });
const byNpm = lodash({ tool: 'npm', rule: 'GHSA-35jh-r3h4-6jhm', aliases: ['CVE-2021-23337'] });
const reported = (stage: string, ...findings: Finding[]): Reported[] =>
  marked(stage as StageName, findings).map((finding) => ({ stage: stage as StageName, finding }));
/** What is shown, each with those who reported it too. */
const shown = (all: Reported[]) =>
  mergeSameAdvisories(all).map(({ stage, finding: { tool, rule, alsoFoundBy = [] } }) =>
    [`${stage} ${tool} ${rule}`, ...alsoFoundBy.map((one) => `${one.stage} ${one.tool} ${one.rule}`)].join(' = '),
  );

describe('the same advisory from two tools', () => {
  it('is shown once and names both, by whichever name they call it', () => {
    assert.deepEqual(shown([...reported('lint', byNpm), ...reported('sast', lodash())]), [
      'lint npm GHSA-35jh-r3h4-6jhm = sast trivy CVE-2021-23337',
    ]);
    const third = lodash({ tool: 'other', rule: 'GHSA-35JH-R3H4-6JHM' });
    assert.deepEqual(shown([...reported('lint', lodash()), ...reported('sast', byNpm), ...reported('build', third)]), [
      'lint trivy CVE-2021-23337 = sast npm GHSA-35jh-r3h4-6jhm = build other GHSA-35JH-R3H4-6JHM',
    ]);
  });

  it('is shown under the stage that takes it most seriously', () => {
    const worse = lodash({ severity: 'critical' });
    assert.deepEqual(shown([...reported('lint', byNpm), ...reported('sast', worse)]), [
      'sast trivy CVE-2021-23337 = lint npm GHSA-35jh-r3h4-6jhm',
    ]);
  });

  it('stays two in another version or package, or where one is silenced', () => {
    for (const over of [
      { package: { name: 'lodash', version: '4.17.19' } },
      { package: { name: 'lodash-es', version: '4.17.20' } },
      { suppressed: true },
    ]) {
      assert.equal(shown([...reported('lint', byNpm), ...reported('sast', lodash(over))]).length, 2);
    }
    const nowhere = aFinding({ rule: 'CVE-2021-23337' });
    assert.equal(shown([...reported('lint', nowhere), ...reported('sast', nowhere)]).length, 2);
  });

  it("stays two where only the tools' own rules are alike", () => {
    const own = lodash({ rule: 'prototype-pollution', aliases: ['1065'] });
    assert.equal(shown([...reported('lint', { ...own, tool: 'a' }), ...reported('sast', own)]).length, 2);
  });

  it('stays as many as the tool has that reports it most often', () => {
    const at = (path: string) => lodash({ location: { path } });
    assert.deepEqual(shown([...reported('lint', byNpm), ...reported('sast', at('a'), at('b'), at('c'))]), [
      'lint npm GHSA-35jh-r3h4-6jhm = sast trivy CVE-2021-23337',
      'sast trivy CVE-2021-23337',
      'sast trivy CVE-2021-23337',
    ]);
    assert.equal(shown(reported('sast', at('a'), at('b'))).length, 2);
  });

  it('is known by the aliases in real reports', () => {
    const { findings } = read('pnpm-audit/pnpm-10.json');
    const aliases = findings.flatMap((one) => one.aliases ?? []);
    assert.ok(
      aliases.length > 0 && aliases.every((alias) => alias.startsWith('CVE-')),
      brief({ findings } as never).join(),
    );
  });
});
