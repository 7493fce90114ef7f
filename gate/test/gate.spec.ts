/** The gate's commands as a person or a pipeline calls them. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { stageNames, type Verdict } from '../src/model.ts';
import { day, evidenceFolder, good, type Left } from './evidence-folder.ts';
import { reportText } from './report-file.ts';
import { sluice } from './sample.ts';

function emptyFolder(test: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-gate-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const lintErrors: Left = {
  ...good('lint'),
  record: { ...good('lint').record, exitCode: 1 },
  files: { 'eslint.json': reportText('eslint/errors.json') },
};
const brokenLint: Left = { ...good('lint'), files: {} };

describe('sluice gate', () => {
  let source: string;
  before(() => {
    source = mkdtempSync(join(tmpdir(), 'sluice-source-'));
    writeFileSync(join(source, 'package.json'), '{"name":"shop"}');
  });
  after(() => rmSync(source, { recursive: true }));
  const gate = (reports: string, ...args: string[]) =>
    sluice(source, ['gate', '--reports', reports, '--source', source, '--runner', 'dagger', '--today', day, ...args]);

  it('prints the table, leaves verdict.json, summary.md and index.html, and exits 0', async (test) => {
    const reports = evidenceFolder(test);
    const { code, stdout, stderr } = await gate(reports, '--revision', '3f2a9c1d'.repeat(5));
    assert.equal(stderr, '');
    assert.equal(
      stdout,
      [
        'sluice  shop @ 3f2a9c1d  dagger',
        ' lint       passed   0 findings · 1 file                       2.1 s',
        ' typecheck  passed   0 findings · 2 files                      2.1 s',
        ' test       passed   2 tests                                   2.1 s',
        ' sast       passed   0 findings · 2 files                      2.1 s',
        ' deps       passed   0 findings · 3 packages                   2.1 s',
        ' secrets    passed   0 findings · 5 files                      2.1 s',
        ' config     passed   0 findings · 3 files                      2.1 s',
        ' build      passed   12 layers · 96 MB · sha256:0f0f0f0f0f0f…  2.1 s',
        ' scan       passed   0 findings · 22 packages                  2.1 s',
        ' sbom       passed   24 components                             2.1 s',
        ' dast       passed   0 findings · 3 operations                 2.1 s',
        '',
        'warning no sluice.yaml: the defaults decide',
        '',
        `verdict passed · all ${stageNames.length} stages passed · ${reports}/index.html`,
        '',
      ].join('\n'),
    );
    assert.equal(code, 0);
    const verdict = JSON.parse(readFileSync(join(reports, 'verdict.json'), 'utf8')) as Verdict;
    assert.equal(verdict.status, 'passed');
    assert.match(readFileSync(join(reports, 'summary.md'), 'utf8'), /^## passed: shop @ 3f2a9c1d\n/);
    assert.match(readFileSync(join(reports, 'index.html'), 'utf8'), /^<!doctype html>/);
  });

  it('exits 1 for findings and names them with file and line', async (test) => {
    const { code, stdout } = await gate(evidenceFolder(test, { lint: lintErrors }));
    assert.equal(code, 1);
    assert.match(stdout, /^ lint +failed +3 findings: no-unused-vars in src\/cart\.js:3/m);
    assert.match(stdout, /^lint src\/cart\.js:5 no-eval: /m);
    assert.match(stdout, /\nverdict failed · 1 of \d+ stages failed · /);
  });

  it('exits 3 for a doubt', async (test) => {
    const { code, stdout } = await gate(evidenceFolder(test, { lint: brokenLint }));
    assert.equal(code, 3);
    assert.match(stdout, /^ lint +broken +no eslint\.json/m);
  });

  it('judges only the stages that are asked for, and says that this can not publish', async (test) => {
    const reports = evidenceFolder(test, { lint: lintErrors });
    const { code, stdout } = await gate(reports, '--stage', 'test', '--stage', 'build');
    assert.equal(code, 0);
    assert.match(stdout, /^preview, it can't publish: only test, build judged$/m);
    assert.doesNotMatch(stdout, / lint /);
    const verdict = JSON.parse(readFileSync(join(reports, 'verdict.json'), 'utf8')) as Verdict;
    assert.equal(verdict.preview, true);
    assert.deepEqual(verdict.only, ['test', 'build']);
  });

  it('carries the digest, the name and the hash of the images that it is told', async (test) => {
    const reports = evidenceFolder(test);
    const images = join(emptyFolder(test), 'images.json');
    writeFileSync(images, '{}');
    await gate(reports, '--name', 'till', '--image-digest', 'sha256:ab', '--images', images);
    const verdict = JSON.parse(readFileSync(join(reports, 'verdict.json'), 'utf8')) as Verdict;
    assert.deepEqual(verdict.subject, { name: 'till', revision: 'unknown', imageDigest: 'sha256:ab' });
    assert.equal(verdict.images, '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  });

  it('judges waivers by the day that it is told', async (test) => {
    const reports = evidenceFolder(test, {
      lint: { ...good('lint'), files: { 'eslint.json': reportText('eslint/suppressed.json') } },
    });
    const policy = join(emptyFolder(test), 'sluice.yaml');
    writeFileSync(policy, 'waivers:\n  - { id: no-eval, owner: ann, reason: ours, expires: 2026-11-30 }\n');
    const on = async (today: string) => (await gate(reports, '--policy', policy, '--today', today)).code;
    assert.equal(await on('2026-11-30'), 0);
    assert.equal(await on('2026-12-01'), 1);
  });

  it('shows a verdict again, with the same exit code', async (test) => {
    const reports = evidenceFolder(test, { lint: brokenLint });
    const first = await gate(reports);
    const again = await sluice(source, ['verdict', '--reports', reports]);
    assert.equal(again.stdout, first.stdout);
    assert.equal(again.code, 3);
  });

  const mistakes: [what: string, args: string[], expected: RegExp][] = [
    [
      'a reports folder that is not there',
      ['gate', '--reports', 'nowhere'],
      /^sluice: no reports in nowhere: name their folder with --reports\n$/,
    ],
    [
      'an unknown stage',
      ['gate', '--stage', 'toast'],
      /^sluice: no stage "toast": there is lint, typecheck, test, sast, [\w, ]+\n$/,
    ],
    ['an unknown runner', ['gate', '--runner', 'moon'], /^sluice: --runner takes host or dagger, not moon\n$/],
    [
      'a day that does not exist',
      ['gate', '--today', '2026-02-30'],
      /^sluice: --today takes a day that exists, as YYYY-MM-DD, not 2026-02-30\n$/,
    ],
    [
      'a policy that is not there',
      ['gate', '--policy', 'nowhere.yaml'],
      /^sluice: nowhere\.yaml: policy can't be read: no such file\n$/,
    ],
    ['an unknown flag', ['gate', '--fast'], /^sluice: Unknown option '--fast'\n\nUsage: sluice gate /],
    [
      'a flag without its value',
      ['gate', '--reports'],
      /^sluice: Option '--reports <value>' argument missing\n\nUsage: sluice gate /,
    ],
    ['an argument too many', ['verdict', 'x'], /^sluice: Unexpected argument 'x'.*\n\nUsage: sluice verdict /],
    [
      'no verdict to show',
      ['verdict', '--reports', 'nowhere'],
      /^sluice: no verdict in nowhere: looked for nowhere\/verdict\.json\n$/,
    ],
    ['an unknown command', ['toast'], /^sluice: unknown command: toast\n\nUsage: sluice COMMAND /],
    ['no command', [], /^sluice: no command given\n\nUsage: sluice COMMAND /],
    ['a report that is not there', ['read', 'nowhere.json'], /^sluice: cannot read nowhere\.json: ENOENT\n$/],
    ['an unknown action', ['policy', 'burn'], /^sluice: policy takes one action: sluice policy check \[FILE\]\n$/],
  ];
  for (const [what, args, expected] of mistakes) {
    it(`answers ${what} with exit 2, on stderr alone`, async () => {
      const { code, stdout, stderr } = await sluice(source, args);
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.match(stderr, expected);
    });
  }

  it('writes no verdict for a policy that is wrong', async (test) => {
    const reports = evidenceFolder(test);
    const policy = join(emptyFolder(test), 'sluice.yaml');
    writeFileSync(policy, 'stages:\n  lint: { treshold: low }\n');
    const { code, stderr } = await gate(reports, '--policy', policy);
    assert.equal(code, 2);
    assert.match(stderr, /sluice\.yaml:2: stages\.lint\.treshold: unknown key, allowed: /);
    assert.equal(existsSync(join(reports, 'verdict.json')), false);
  });

  it('keeps its exit code, and quiet, when nobody reads on', async (test) => {
    const reports = evidenceFolder(test, { lint: lintErrors });
    const child = spawn(process.execPath, [join(import.meta.dirname, '../src/main.ts'), 'gate', '--reports', reports], {
      cwd: source,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const code = await new Promise((done) => child.on('close', done));
    assert.equal(stderr, '');
    assert.equal(code, 1);
  });

  it('explains each command', async () => {
    const { stdout } = await sluice(source, ['--help']);
    for (const name of ['ci', 'stage', 'gate', 'verdict', 'read', 'policy', 'postgres']) {
      assert.match(stdout, new RegExp(`^  ${name} `, 'm'));
      const { code, stdout: usage, stderr } = await sluice(source, [name, '--help']);
      assert.equal(code, 0);
      assert.equal(stderr, '');
      assert.match(usage, new RegExp(`^Usage: sluice ${name} `));
    }
  });
});

describe('sluice read', () => {
  const folder = join(import.meta.dirname, 'reports');

  it('shows findings and evidence as JSON', async () => {
    const { code, stdout } = await sluice(folder, [
      'read',
      'tsc/errors.txt',
      '--root',
      '/src/shop',
      '--directory',
      'ts',
    ]);
    assert.equal(code, 0);
    const reading = JSON.parse(stdout) as { findings: unknown[]; evidence: unknown[] };
    assert.equal(reading.findings.length, 3);
    assert.deepEqual(reading.evidence[0], { kind: 'files', count: 2 });
  });

  it('exits 3 with one line for what it can not read', async (test) => {
    const file = join(emptyFolder(test), 'x.json');
    for (const [text, line] of [
      ['', /^sluice: x\.json is empty\n$/],
      [reportText('jest/failures.json').slice(0, 900), /^sluice: x\.json is truncated: [^\n]*\n$/],
      ['{"runs":[]}', /^sluice: x\.json is of no format known here [^\n]*\n$/],
    ] as const) {
      writeFileSync(file, text);
      const { code, stdout, stderr } = await sluice(folder, ['read', file]);
      assert.equal(code, 3);
      assert.equal(stdout, '');
      assert.match(stderr, line);
    }
  });
});

describe('sluice policy check', () => {
  it('says what is right', async (test) => {
    const folder = emptyFolder(test);
    writeFileSync(join(folder, 'sluice.yaml'), '');
    const { code, stdout } = await sluice(folder, ['policy', 'check']);
    assert.equal(code, 0);
    assert.match(stdout, /^sluice\.yaml: ok, 0 waivers, sha256 e3b0c442/);
  });

  it('says what is wrong, one line each', async (test) => {
    const folder = emptyFolder(test);
    writeFileSync(join(folder, 'other.yaml'), 'stages:\n  lnt: {}\nproject: 3\n');
    const { code, stderr } = await sluice(folder, ['policy', 'check', 'other.yaml']);
    assert.equal(code, 2);
    assert.equal(
      stderr,
      `other.yaml:2: stages.lnt: unknown key, allowed: ${stageNames.join(', ')}\nother.yaml:3: project: must be a mapping with the keys name, source, bundle\n`,
    );
  });
});
