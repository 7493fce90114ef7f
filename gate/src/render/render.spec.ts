import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { evidenceFolder, good, judge } from '../../test/evidence-folder.ts';
import { reportText } from '../../test/report-file.ts';
import type { JudgedFinding, Verdict } from '../model.ts';
import { markdown, printable } from './escape.ts';
import { renderPage } from './page.ts';
import { mostBytes, renderSummary } from './summary.ts';
import { hasColours, renderTerminal } from './terminal.ts';

const evil =
  '<script>alert(1)</script>"\'><img src=x onerror=alert(1)>\u001b[31m\u202e|@everyone [x](javascript:alert(1)) `${1}` https://evil.example';

/** A verdict in which every text that a tool, a project or a policy can choose is hostile. */
function hostile(findings = 1): Verdict {
  const finding: JudgedFinding = {
    tool: evil,
    rule: evil,
    severity: 'high',
    toolSeverity: evil,
    message: `${evil}\n${evil}`,
    location: { path: evil, line: 3 },
    package: { name: evil, version: evil, fixedIn: evil },
    help: `javascript:alert(1)//${evil}`,
    suppressed: true,
    cwe: [79],
    aliases: [evil],
    fingerprint: evil,
    baseline: 'new',
    alsoFoundBy: [{ stage: 'sast', tool: evil, rule: evil, severity: 'low', fingerprint: evil }],
  };
  const common = { counts: { high: 1 }, evidence: [{ kind: evil, count: 2 }], required: true };
  return {
    schema: 'verdict/v1',
    status: 'failed',
    runner: 'host',
    preview: true,
    subject: { name: evil, revision: evil, imageDigest: evil },
    stages: [
      {
        ...common,
        stage: 'lint',
        status: 'failed',
        reason: evil,
        findings: Array.from({ length: findings }, () => finding),
        tool: evil,
        version: evil,
        image: evil,
        durationMs: 83_000,
        operations: [
          { method: evil, path: evil, requests: 3, best: 404 },
          { method: 'GET', path: '/items/{id}', requests: 5, best: 200 },
          { method: 'GET', path: '/never', requests: 0 },
        ],
      },
      { ...common, stage: 'test', status: 'not run', reason: evil, findings: [] },
    ],
    findings: { high: 1 },
    waived: [{ stage: 'lint', rule: evil, waiver: evil, owner: evil, reason: evil, expires: '2026-12-01', finding }],
    baseline: {
      ...{ sha256: evil, block: 'new', new: 1, known: 1, leftOut: 1 },
      fixed: [{ stage: 'lint', tool: evil, rule: evil, message: evil, path: evil }],
    },
    warnings: [evil],
    policy: evil,
    images: evil,
    finishedAt: '2026-11-22T12:00:00.000Z',
  };
}

describe('the terminal', () => {
  it('shows the table, the findings with file and line, and the verdict last', async (test) => {
    const verdict = await judge(
      evidenceFolder(test, {
        test: {
          ...good('test'),
          record: { ...good('test').record, exitCode: 1 },
          files: { 'jest.json': reportText('jest/failures.json') },
        },
      }),
    );
    assert.equal(
      renderTerminal(verdict, { page: 'reports/index.html' }),
      `sluice  shop @ 3f2a9c1d  dagger
 lint       passed   0 findings · 1 file                       2.1 s
 typecheck  passed   0 findings · 2 files                      2.1 s
 test       failed   2 of 4 tests: price › rounds              2.1 s
 sast       passed   0 findings · 2 files                      2.1 s
 deps       passed   0 findings · 3 packages                   2.1 s
 secrets    passed   0 findings · 5 files                      2.1 s
 config     passed   0 findings · 3 files                      2.1 s
 build      passed   12 layers · 96 MB · sha256:0f0f0f0f0f0f…  2.1 s
 scan       passed   0 findings · 22 packages                  2.1 s
 sbom       passed   24 components                             2.1 s
 dast       passed   0 findings · 3 operations                 2.1 s

test jest/price.test.js:3 price › rounds: expect(received).toBe(expected) // Object.is equality Expected: 1.01 Received: 1
test jest/price.test.js:4 price › throws far away: TypeError: not a number: x

verdict failed · 1 of 11 stages failed · reports/index.html
`,
    );
  });

  it('says at the top and at the end that a preview is one, and what did not run', () => {
    const lines = renderTerminal(hostile(), { page: 'p' }).split('\n');
    const preview = "preview, it can't publish: made on a bare machine, only what is new against the base blocks";
    assert.equal(lines[1], preview);
    const second = lines.lastIndexOf(preview);
    assert.ok(second > 5);
    assert.match(lines[second + 1]!, /^ test not run: /);
  });

  it('lists 20 findings and counts the rest', () => {
    const text = renderTerminal(hostile(50), { page: 'p' });
    assert.equal(text.match(/^lint /gm)?.length, 21); // Twenty findings, and the reason that the table cut.
    assert.match(text, /^… and 30 more$/m);
  });

  it('lets no control character through', () => {
    // eslint-disable-next-line no-control-regex -- that there is none is the point
    assert.doesNotMatch(renderTerminal(hostile(), { page: evil }), /[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
    assert.equal(printable('a\u001b]0;title\u0007b\r\nc\rd'), 'a]0;titleb\ncd');
  });

  it('has colours on a terminal only, and not where NO_COLOR is set', () => {
    assert.equal(hasColours({ isTTY: true }, {}), true);
    assert.equal(hasColours({ isTTY: true }, { NO_COLOR: '1' }), false);
    assert.equal(hasColours({ isTTY: true }, { TERM: 'dumb' }), false);
    assert.equal(hasColours({}, {}), false);
    const coloured = renderTerminal(hostile(), { page: 'p', colours: true });
    assert.ok(coloured.includes('\u001b[31mfailed\u001b[39m'));
  });
});

describe('summary.md', () => {
  it('begins with the verdict and what was judged', async (test) => {
    const summary = renderSummary(await judge(evidenceFolder(test)));
    assert.match(summary, /^## passed: shop @ 3f2a9c1d\n\nAll 11 stages passed, judged with Dagger\.\n/);
    assert.match(summary, /\n\| lint \| passed \| 0 findings · 1 file \| 2\.1 s \|\n/);
  });

  it('stays below its limit, cutting findings and nothing else', () => {
    const summary = renderSummary(hostile(20_000));
    assert.ok(Buffer.byteLength(summary) <= mostBytes, String(Buffer.byteLength(summary)));
    assert.match(summary, /^## failed: /);
    assert.match(summary, /\n… and \d+ findings more, all in index\.html\.\n/);
    assert.match(summary, /\n### Accepted risks\n/);
  });

  it('shows hostile text as text', () => {
    const summary = renderSummary(hostile());
    assert.doesNotMatch(summary, /<(script|img)/);
    assert.doesNotMatch(summary, /(?<!\\)\]\(/);
    assert.doesNotMatch(summary, /@everyone/);
    assert.doesNotMatch(summary, /https:\/\//);
    const row = summary.split('\n').find((line) => line.startsWith('| lint'))!;
    assert.equal(row.match(/(?<!\\)\|/g)?.length, 5);
  });

  it('escapes what would begin a list, a heading or a rule', () => {
    assert.equal(markdown('- a'), '\\- a');
    assert.equal(markdown('# a'), '\\# a');
    assert.equal(markdown('1. a'), '\\1. a');
    assert.equal(markdown('=== a'), '\\=== a');
    assert.equal(markdown('a\nb'), 'a b');
  });
});

describe('index.html', () => {
  it('shows hostile text as text, whatever field it is in', () => {
    const page = renderPage(hostile());
    const tags = new Set([...page.matchAll(/<([a-z]+[0-9]?)[\s>]/g)].map(([, tag]) => tag));
    assert.ok(!tags.has('img'));
    assert.equal(page.match(/<script/g)?.length, 1);
    assert.doesNotMatch(page, /href="javascript/);
    assert.doesNotMatch(page, /\son\w+="/);
    // Ours is the only double quote inside a tag: no attribute ends early.
    for (const [tag] of page.matchAll(/<[a-z][^>]*>/g)) assert.equal((tag.match(/"/g) ?? []).length % 2, 0, tag);
  });

  it('loads nothing and runs its own script alone', () => {
    const page = renderPage(hostile());
    assert.match(
      page,
      /http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[^;]+; script-src 'sha256-/,
    );
    assert.doesNotMatch(page, /\s(src|srcset|data|action)="/);
    assert.doesNotMatch(page, /<link|@import|url\(/);
    const [, ...addresses] = [...page.matchAll(/href="([^"]*)"/g)].map(([, address]) => address);
    assert.deepEqual(addresses, []);
  });

  it('links the page that explains a finding, where it is a page', () => {
    const verdict = hostile();
    verdict.stages[0]!.findings[0]!.help = 'https://example.org/rule?a=1&b="2"';
    assert.match(
      renderPage(verdict),
      /<a href="https:\/\/example\.org\/rule\?a=1&amp;b=&quot;2&quot;" rel="noreferrer">/,
    );
  });

  it('lists every operation of the API with its best status and how often it was met', () => {
    const page = renderPage(hostile());
    assert.match(page, /DAST: 1 of 3 operations reached, by 8 requests/);
    const rows = page.slice(page.indexOf('id="operations"')).split('<tr>');
    assert.match(rows[3]!, /GET.*\/items\/\{id\}.*>reached<.*>200<.*>5</s);
    assert.match(rows[4]!, /\/never.*>not reached<.*>not sent<.*>0</s);
    assert.match(renderSummary(hostile()), /^DAST: 1 of 3 operations reached, by 8 requests; /m);
  });

  it('shows the verdict first, then stages, findings and waivers with days left', () => {
    const page = renderPage(hostile());
    const order = [
      '<h1>',
      'id="warnings"',
      'id="stages"',
      'id="findings"',
      'id="operations"',
      'id="waivers"',
      'id="not-run"',
    ].map((mark) => page.indexOf(mark));
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    );
    assert.ok(order.every((place) => place > 0));
    assert.match(page, /2026-12-01 \(9 days left\)/);
    assert.equal(page.match(/preview, it can&#39;t publish/g)?.length, 2);
  });

  it('stays usable with very many findings', () => {
    const page = renderPage(hostile(30_000));
    assert.match(page, /25000 findings more in verdict\.json/);
  });
});
