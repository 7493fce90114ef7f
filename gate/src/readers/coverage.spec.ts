import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { counts, read, refusal, reportText } from '../../test/report-file.ts';

const partial = reportText('coverage/partial.json');

describe("Istanbul's coverage summary", () => {
  it('says how much of each kind is covered', () => {
    const { coverage, evidence, broken, findings } = read('coverage/partial.json');
    assert.deepEqual(coverage, {
      lines: { total: 5, covered: 4 },
      statements: { total: 7, covered: 6 },
      functions: { total: 3, covered: 3 },
      branches: { total: 2, covered: 1 },
    });
    assert.deepEqual(counts({ evidence } as never), { lines: 5, '% of lines covered': 80, files: 2 });
    assert.deepEqual([findings, broken], [[], undefined]);
  });

  it('does not trust a summary without a line, or one that contradicts itself', () => {
    assert.match(read('coverage/no-file.json').broken!, /counts no line: no file was looked at$/);
    const fewer = partial.replace('"lines":{"total":5,', '"lines":{"total":6,');
    assert.match(read('coverage/partial.json', fewer).broken!, /counts 6 lines, but its files have 5$/);
    const more = partial.replaceAll('"covered":3', '"covered":9');
    assert.match(read('coverage/partial.json', more).broken!, /counts more covered than there is$/);
  });

  it('refuses what is none', () => {
    assert.match(refusal('coverage/x.json', '{"total":{"lines":{},"branches":{}}}'), /total\.lines\.total/);
    assert.match(refusal('coverage/x.json', '[]'), /is not Istanbul's coverage summary/);
    assert.match(refusal('coverage/x.json', partial.slice(0, 200)), /truncated/);
    assert.match(refusal('coverage/x.json', reportText('jest/clean.json')), /is Jest JSON, not Istanbul/);
  });
});
