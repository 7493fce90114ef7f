import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reportText } from '../../test/report-file.ts';
import { jestRun } from '../readers/jest.ts';
import { junit, junitOf } from './junit.ts';

const of = (file: string) => junit(jestRun.parse(JSON.parse(reportText(`jest/${file}.json`))));
const attribute = (text: string, name: string) => new RegExp(`<testsuites[^>]* ${name}="(\\d+)"`).exec(text)?.[1];

describe('junit.xml', () => {
  it('has every test once, and counts as Jest does', () => {
    for (const file of ['clean', 'failures', 'all-skipped', 'hook-fails', 'suite-fails-to-compile', 'odd', 'timeout']) {
      const text = of(file);
      const { testResults } = jestRun.parse(JSON.parse(reportText(`jest/${file}.json`)));
      const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
      assert.equal(text.match(/<testcase /g)?.length, Number(attribute(text, 'tests')), file);
      assert.equal(attribute(text, 'failures'), String(tests.filter(({ status }) => status === 'failed').length), file);
      assert.equal(text.match(/<error>/g)?.length ?? 0, Number(attribute(text, 'errors')), file);
      assert.equal(text.match(/<skipped\/>/g)?.length ?? 0, Number(attribute(text, 'skipped')), file);
    }
    assert.equal(attribute(of('suite-fails-to-compile'), 'errors'), '1');
  });

  it('shows a failure with its message, and a test by its suite and its name', () => {
    assert.match(
      of('failures'),
      /<testcase classname="price" name="rounds" time="[\d.]+"><failure message="Error: expect\(received\)/,
    );
  });

  it('keeps hostile text as text', () => {
    const evil = ']]><script>"\'&\u0000\u001b[31m\ud800\uffff\n\u202e';
    const run = jestRun.parse(JSON.parse(reportText('jest/failures.json')));
    const [suite] = run.testResults;
    suite!.name = evil;
    suite!.assertionResults = suite!.assertionResults.map((one) => ({
      ...one,
      title: evil,
      ancestorTitles: [evil],
      failureMessages: [evil],
    }));
    const text = junit({ ...run, testResults: [suite!] });
    // eslint-disable-next-line no-control-regex -- that there is none is the point
    assert.doesNotMatch(text, /<script|]]>|"'|[\u0000\u001b\ud800\uffff\u202e]/);
    assert.match(text, /name="\]\]&gt;&lt;script&gt;&quot;&#39;&amp;/);
    assert.ok(text.split('\n').every((line) => (line.match(/"/g)?.length ?? 0) % 2 === 0));
  });

  it('is not made of what is no report', () => {
    assert.equal(junitOf('/nowhere/jest.json'), undefined);
    assert.equal(junitOf(import.meta.filename), undefined);
  });
});
