import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { reportText } from '../../test/report-file.ts';
import { readAny, readAs, readers, Report } from './index.ts';

const folder = new URL('../../test/reports/', import.meta.url);
const tools = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const files = tools.flatMap(({ name: tool }) => readdirSync(new URL(tool, folder)).map((file) => ({ tool, file })));

describe('recognising a report', () => {
  it('finds the format of every real report, and no second one', () => {
    assert.ok(files.length >= 30);
    for (const { tool, file } of files) {
      if (file === 'no-file.json' || file === 'pretty.txt') continue;
      const report = new Report(file, reportText(`${tool}/${file}`));
      const recognising = readers.filter((reader) => reader.recognises(report)).map(({ format }) => format);
      // Trivy's JSON over planted files is Trivy's JSON: only a stage knows what was planted.
      const formats = recognising.filter((format) => !format.startsWith('trivy-'));
      assert.deepEqual(formats, [tool.replace(/^trivy-.*/, 'trivy')], file);
    }
  });

  it('says of what it does not know what it is', () => {
    const any = (text: string) => () => readAny(new Report('x', text), {});
    assert.throws(any(''), { name: 'UnreadableReport', message: 'x is empty' });
    assert.throws(any('{"a":'), { name: 'UnreadableReport', message: /^x is truncated: / });
    assert.throws(any('{"a":1}'), {
      message: /^x is of no format known here \(ESLint JSON, .*\): it is an object with a$/,
    });
    assert.throws(any('[]'), { message: /: it is an empty list$/ });
    assert.throws(any('<testsuites/>'), { message: /: it is text that begins with "<testsuites\/>"$/ });
    assert.throws(any('\u0000\u0001'), { message: /^x is of no format known here/ });
    assert.throws(() => readAs('lint', new Report('x', '{}'), {}), { message: 'x: no reader for the format lint' });
  });

  it('takes a byte order mark', () => {
    assert.equal(readAny(new Report('x', Buffer.from(`\uFEFF${reportText('jest/clean.json')}`)), {}).format, 'jest');
  });
});
