/** Every stage × every way in which its evidence can be worthless: none may come out green, whoever ran it. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { exitCodes, stageNames, type StageName } from '../src/model.ts';
import { parsePolicy } from '../src/policy.ts';
import { stages } from '../src/stages/index.ts';
import { day, evidenceFolder, good, judge, type Left } from './evidence-folder.ts';
import { reportText } from './report-file.ts';

const definition = (stage: StageName) => stages.find(({ name }) => name === stage)!;
/** The stage's report; of several, the first. */
const report = (stage: StageName) => Object.keys(good(stage).files)[0]!;

/** The good stage with its record changed. */
function withRecord(stage: StageName, over: Partial<Left['record']>): Left {
  const left = good(stage);
  return { ...left, record: { ...left.record, ...over } };
}

/** The good stage with another text for a report, by default its first. */
function withReport(stage: StageName, text: string, file = report(stage)): Left {
  return { ...good(stage), files: { ...good(stage).files, [file]: text } };
}

/** The good stage without a report. */
function withoutReport(stage: StageName, over: Partial<Left['record']> = {}): Left {
  return { ...withRecord(stage, over), files: {} };
}

/** A report with nothing in one of its lists. */
function emptied(file: string, list: string): string {
  return JSON.stringify({ ...(JSON.parse(reportText(file)) as object), [list]: [] });
}

/** The good stage with a record that does not say something. */
function without(stage: StageName, key: 'database' | 'subject'): Left {
  const left = good(stage);
  const { [key]: _, ...record } = left.record;
  return { ...left, record };
}

/** What looked at nothing, by stage; where a stage leaves reports of several kinds, by file. */
const nothing: Record<string, string> = {
  lint: reportText('eslint/no-file.json'),
  typecheck: '\n> shop@1.0.0 typecheck\n> tsc --listFiles\n\n/node_modules/typescript/lib/lib.es5.d.ts\n',
  test: reportText('jest/all-skipped.json'),
  sast: reportText('sarif/sast-no-file.sarif'),
  deps: reportText('trivy/npm-truncated-lockfile.json'),
  build: JSON.stringify({ kind: 'sluice/build/v1', what: 'application', files: 0, sizeBytes: 0 }),
  scan: emptied('trivy/image-amd64.json', 'Results'),
  sbom: emptied('cyclonedx/trivy-1.7-amd64.json', 'components'),
  dast: '{"openapi":"3.0.3","paths":{}}\n',
  'zap.har': '{"log":{"version":"1.2","creator":{"name":"ZAP"},"entries":[]}}\n',
  'zap.json': reportText('zap/no-site.json'),
  'scope.json': JSON.stringify({ kind: 'sluice/secrets-scope/v1', files: 0, missing: [] }),
  'secrets.json': reportText('trivy-secrets/nothing.json'),
  'compose.json': JSON.stringify({
    ...{ kind: 'sluice/config-scope/v1', dockerfiles: [], manifests: [], composeFiles: [], sets: [] },
  }),
  'config.json': reportText('trivy-config/looked-away.json'),
};

/** These leave reports of several kinds, and are judged by all of them together. */
const several: StageName[] = ['secrets', 'config', 'dast'];

/** Every stage with its first report, or with each where they are of several kinds. */
const spots = stageNames.flatMap((stage) =>
  (several.includes(stage) ? Object.keys(good(stage).files) : [report(stage)]).map((file) => ({ stage, file })),
);

/** The good stage without one report. */
function lacking(stage: StageName, file: string): Left {
  const { [file]: _, ...files } = good(stage).files;
  return { ...good(stage), files };
}
const anothers = (stage: StageName) =>
  stage === 'test' ? reportText('eslint/clean.json') : reportText('jest/clean.json');
const text = (stage: StageName, file = report(stage)) => good(stage).files[file]!;
const cut = (stage: StageName, file: string, share: number) =>
  text(stage, file)
    .trimEnd()
    .slice(0, Math.floor(text(stage, file).trimEnd().length * share));

/** What may be wrong, and what the reason must say. */
const faults: [fault: string, left: (stage: StageName, file: string) => Left, reason: RegExp][] = [
  [
    'the tool is missing',
    (s) => withoutReport(s, { exitCode: null, broken: 'npm is not installed' }),
    /^npm is not installed$/,
  ],
  [
    'the tool is missing, says the shell',
    (s) => withoutReport(s, { exitCode: 127, lastWords: 'sh: 1: tool: not found' }),
    /exit code 127: sh: 1: tool: not found$/,
  ],
  [
    'the tool ends well without a report',
    (s, f) => (several.includes(s) ? lacking(s, f) : withoutReport(s)),
    /^no [\w*.-]+\.(json|txt|sarif|har)$/,
  ],
  [
    'the tool ends badly with a clean report',
    (s) => withRecord(s, { exitCode: definition(s).exit.findings[0] ?? 1 }),
    /exit code \d, but its report shows nothing that it found|^(trivy|zap) ended with exit code 1$/,
  ],
  [
    'the tool ends with a code that it does not know',
    (s) => withRecord(s, { exitCode: 70 }),
    /ended with exit code 70$/,
  ],
  ['the report is empty', (s, f) => withReport(s, '', f), / is empty$/],
  ['the report is blank', (s, f) => withReport(s, ' \n\n', f), / is empty$/],
  ['the report is a single byte', (s, f) => withReport(s, text(s, f).slice(0, 1), f), /truncated|no end/],
  ['the report is cut in its first tenth', (s, f) => withReport(s, cut(s, f, 0.1), f), /truncated|no end/],
  ['the report is cut in the middle', (s, f) => withReport(s, cut(s, f, 0.5), f), /truncated|no end/],
  [
    'the report is cut before its last character',
    (s, f) => withReport(s, text(s, f).trimEnd().slice(0, -1), f),
    /truncated|no end/,
  ],
  ['the report is an empty object', (s, f) => withReport(s, '{}', f), /is not|looked at no file|is truncated/],
  ['the report is null', (s, f) => withReport(s, 'null\n', f), /is not|looked at no file/],
  [
    'the report is JSON of another schema',
    (s, f) => withReport(s, '{"schema":"other/v9","items":[]}\n', f),
    /is not|looked at no file/,
  ],
  ["the report is another tool's", (s, f) => withReport(s, anothers(s), f), / is (ESLint|Jest) JSON, not /],
  [
    'the report is a crash in words',
    (s, f) => withReport(s, 'Error: out of luck\n    at main (tool.js:1:1)\n', f),
    /is not|looked at no file/,
  ],
  [
    'the tool looked at nothing',
    (s, f) => withReport(s, nothing[f] ?? nothing[s]!, f),
    /^(looked at no (file|dependency)|executed no test|built nothing|found no package in the image|listed no component|the OpenAPI document has no operation|no request was sent|ZAP reached no site|Trivy looked away)/,
  ],
  [
    'the time-out ended the tool',
    (s) => withRecord(s, { exitCode: null, signal: 'SIGTERM', timedOut: true }),
    /^stopped after 900 s/,
  ],
  [
    'the time-out ended the tool before its report',
    (s) => withoutReport(s, { exitCode: 143, timedOut: true }),
    /^stopped after 900 s/,
  ],
  [
    'the kernel ended the tool for its memory',
    (s) => withRecord(s, { exitCode: null, signal: 'SIGKILL' }),
    /was ended by SIGKILL$/,
  ],
  ['the kernel ended the tool below npm', (s) => withRecord(s, { exitCode: 137 }), /ended with exit code 137$/],
  ['the tool never ended', (s) => withRecord(s, { exitCode: null }), /never ran$/],
  [
    'a report of an older run lies there',
    (s, f) => ({ ...(several.includes(s) ? lacking(s, f) : withoutReport(s)), unlisted: { [f]: text(s, f) } }),
    /^no [\w*.-]+\.(json|txt|sarif|har)$/,
  ],
  [
    'the report was changed afterwards',
    (s, f) => ({ ...good(s), tampered: { [f]: `${text(s, f)} ` } }),
    /SHA-256 differs/,
  ],
  ['the record is missing', (s) => ({ ...good(s), stageJson: null }), /^no stage\.json$/],
  ['the record is empty', (s) => ({ ...good(s), stageJson: '' }), /^stage\.json is empty$/],
  [
    'the record is truncated',
    (s) => ({ ...good(s), stageJson: JSON.stringify(good(s).record).slice(0, 60) }),
    /^stage\.json is truncated/,
  ],
  [
    'the record is of another schema',
    (s) => ({ ...good(s), stageJson: '{"status":"passed"}' }),
    /^stage\.json is not the record of a stage/,
  ],
  [
    'the record is of another stage',
    (s) => withRecord(s, { stage: s === 'lint' ? 'test' : 'lint' }),
    /^stage\.json is the record of /,
  ],
  [
    'the record names a stage that does not exist',
    (s) => withRecord(s, { stage: 'toast' as StageName }),
    /^stage\.json is not the record of a stage: stage: /,
  ],
];

let cases = 0;
let green = 0;

describe('the fault matrix', () => {
  it('starts from a folder that passes', async (test) => {
    for (const runner of ['dagger', 'host'] as const) {
      const verdict = await judge(evidenceFolder(test), { runner });
      assert.deepEqual(
        verdict.stages.map(({ status, reason }) => `${status}: ${reason}`),
        [
          'passed: 0 findings · 1 file',
          'passed: 0 findings · 2 files',
          'passed: 2 tests',
          'passed: 0 findings · 2 files',
          'passed: 0 findings · 3 packages',
          'passed: 0 findings · 5 files',
          'passed: 0 findings · 3 files',
          `passed: 12 layers · 96 MB · sha256:0f0f0f0f0f0f…`,
          'passed: 0 findings · 22 packages',
          'passed: 24 components',
          'passed: 0 findings · 3 operations',
        ],
      );
      assert.equal(verdict.status, 'passed');
    }
  });

  for (const { stage, file } of spots) {
    for (const [fault, left, reason] of faults) {
      it(`${stage}, ${file}: ${fault}`, async (test) => {
        const folder = evidenceFolder(test, { [stage]: left(stage, file) });
        for (const runner of ['dagger', 'host'] as const) {
          cases += 1;
          const verdict = await judge(folder, { runner });
          if (verdict.status === 'passed') green += 1;
          const result = verdict.stages.find((one) => one.stage === stage)!;
          assert.equal(result.status, 'broken', result.reason);
          assert.match(result.reason, reason);
          assert.equal(verdict.status, 'broken');
          assert.equal(exitCodes[verdict.status], 3);
        }
      });
    }
  }

  const database = (updatedAt: string) => ({ database: { updatedAt } });
  const subject = good('scan').record.subject!;
  const onlyAmd64 = (stage: StageName): Left => ({
    ...good(stage),
    files: Object.fromEntries(Object.entries(good(stage).files).filter(([file]) => file.includes('amd64'))),
  });
  const another = { ...subject, digest: `sha256:${'ab'.repeat(32)}` };
  const provenance: [fault: string, stage: StageName, left: Left, reason: RegExp][] = [
    ...(['deps', 'scan'] as const).flatMap((stage): typeof provenance => [
      [
        'the vulnerability database is stale',
        stage,
        withRecord(stage, database('2026-11-20T11:00:00Z')),
        /^the vulnerability database is 49 hours old, allowed: 48 \(stages\.\w+\.databaseMaxAge\)$/,
      ],
      [
        'the vulnerability database is of the future',
        stage,
        withRecord(stage, database('2026-11-23T12:00:00Z')),
        /^the vulnerability database is of the future/,
      ],
      [
        'nothing says how old the vulnerability database is',
        stage,
        without(stage, 'database'),
        /^the record does not say how old the vulnerability database is$/,
      ],
      [
        'the download of the vulnerability database failed',
        stage,
        withoutReport(stage, { exitCode: null, broken: 'no vulnerability database: the registry answered 429' }),
        /^no vulnerability database: the registry answered 429$/,
      ],
    ]),
    ...(['scan', 'sbom', 'dast'] as const).flatMap((stage): typeof provenance => [
      [
        'it looked at another image than was built',
        stage,
        withRecord(stage, { subject: another }),
        /^looked at the image sha256:abababababab…, but build made sha256:0f0f0f0f0f0f…$/,
      ],
      [
        'nothing says which image it looked at',
        stage,
        without(stage, 'subject'),
        /^the record does not say which image was looked at$/,
      ],
    ]),
    ...(['scan', 'sbom'] as const).flatMap((stage): typeof provenance => [
      ['a platform has no report', stage, onlyAmd64(stage), /^no report of the image for linux\/arm64$/],
      [
        'a report is of another image',
        stage,
        withReport(stage, text(stage).replaceAll(subject.images[0]!.id, `sha256:${'cd'.repeat(32)}`)),
        /^a report is of another image: sha256:cdcdcdcdcdcd…$/,
      ],
      [
        'the report is of no image',
        stage,
        stage === 'scan'
          ? withReport(stage, reportText('trivy/npm-clean.json'))
          : withReport(stage, reportText('cyclonedx/npm-1.6.json')),
        /^(looked without operating systems: the report counts none|a report is of another image: it names none)$/,
      ],
    ]),
    [
      'Trivy knew nothing of the operating system',
      'scan',
      withReport('scan', text('scan').replace('"Family": "debian"', '"Family": "none"').replaceAll('os-pkgs', 'other')),
      /^Trivy recognised no operating system in image@sha256:/,
    ],
    [
      'the list has nothing but the operating system',
      'sbom',
      withReport('sbom', text('sbom').replaceAll('"type": "library"', '"type": "data"')),
      /^looked without library components: the report counts none$/,
    ],
  ];
  for (const [fault, stage, left, reason] of provenance) {
    it(`${stage}: ${fault}`, async (test) => {
      cases += 1;
      const verdict = await judge(evidenceFolder(test, { [stage]: left }));
      if (verdict.status === 'passed') green += 1;
      assert.equal(verdict.status, 'broken');
      assert.match(verdict.stages.find((one) => one.stage === stage)!.reason, reason);
    });
  }

  it('takes no scan for one of an image that was never built', async (test) => {
    cases += 1;
    const application = { kind: 'sluice/build/v1', what: 'application', files: 3, sizeBytes: 9 };
    const verdict = await judge(evidenceFolder(test, { build: withReport('build', JSON.stringify(application)) }));
    if (verdict.status === 'passed') green += 1;
    for (const stage of ['scan', 'sbom', 'dast']) {
      const { status, reason } = verdict.stages.find((one) => one.stage === stage)!;
      assert.equal(status, 'broken');
      assert.match(reason, /^build left no image to compare with/);
    }
  });

  const har = text('dast', 'zap.har');
  const scope = text('config');
  const selfDoubts: [stage: StageName, text: string, reason: RegExp, file?: string][] = [
    ['lint', reportText('eslint/clean.json').replace('"errorCount":0', '"errorCount":1'), /contradict its messages$/],
    ['test', text('test').replace('"wasInterrupted":false', '"wasInterrupted":true'), /^Jest was interrupted$/],
    ['test', text('test').replace('"numTotalTestSuites":1', '"numTotalTestSuites":2'), /^Jest reports 1 of 2 suites$/],
    [
      'sast',
      text('sast').replace('"executionSuccessful": true', '"executionSuccessful": false'),
      /^sluice-sast says itself that it failed$/,
    ],
    [
      'sast',
      text('sast').replace('"rules": [', '"rules": [], "left": ['),
      /^looked without rules: the report counts none$/,
    ],
    ['sast', reportText('sarif/sast-unparsed.sarif'), /^sluice-sast says itself that it failed: src\/d\.ts:1: /],
    [
      'secrets',
      reportText('trivy-secrets/looked-away.json'),
      /^Trivy looked away: it did not find 8 of 9 planted secrets \(\.npmrc, test\/login\.spec\.ts, /,
      'secrets.json',
    ],
    [
      'config',
      text('config', 'config.json').replace('"source/Dockerfile"', '"source/Dockerfile.other"'),
      /^trivy did not look at Dockerfile$/,
      'config.json',
    ],
    [
      'config',
      scope.replace('"composeFiles": [', '"composeFiles": ["docker-compose.yml",'),
      /^trivy did not look at docker-compose\.yml$/,
    ],
    [
      'config',
      scope.replace(/"services": \[.*\]/s, '"failure": "no such file: x.yaml" }]'),
      /^Compose can't render compose\.yaml: no such file: x\.yaml$/,
    ],
    [
      'config',
      scope.replace(/"services": \[.*\]/s, '"services": [] }]'),
      /^Compose found no service in compose\.yaml$/,
    ],
    ['build', text('build').replace(/"digest":"[^"]*",/, ''), /^an image without a digest$/],
    ['dast', har.replaceAll(/"status" : [1-9]\d*/g, '"status" : 0'), /^none of \d+ requests was answered$/, 'zap.har'],
    [
      'dast',
      har.replaceAll(/"status" : [1-9]\d*/g, '"status" : 401'),
      /^the token was refused everywhere: /,
      'zap.har',
    ],
    ['dast', har.replaceAll('/search', '/nowhere'), /never reached: 1 of 3: GET \/search \(not sent\)$/, 'zap.har'],
    ['dast', har.replaceAll('2026-', '2025-'), /^the report is of an older run: it began at 2025-/, 'zap.har'],
    ['dast', reportText('zap/stopped.json'), /^ZAP stopped early: /, 'zap.json'],
  ];
  for (const [stage, changed, reason, file = report(stage)] of selfDoubts) {
    it(`${stage}: the report says itself that it is not the whole truth: ${reason.source}`, async (test) => {
      assert.notEqual(changed, text(stage, file));
      cases += 1;
      const verdict = await judge(evidenceFolder(test, { [stage]: withReport(stage, changed, file) }));
      if (verdict.status === 'passed') green += 1;
      assert.equal(verdict.status, 'broken');
      assert.match(verdict.stages.find((one) => one.stage === stage)!.reason, reason);
    });
  }

  const summary = reportText('coverage/partial.json');
  const covered = (files: Record<string, string>, more: Partial<Left> = {}): Left => ({
    ...good('test'),
    ...more,
    files: { ...good('test').files, ...files },
  });
  const file = 'coverage-summary.json';
  const unmeasured: [fault: string, left: Left, reason: RegExp][] = [
    ['missing', covered({}), /^no coverage-summary\.json$/],
    ['of an older run', covered({}, { unlisted: { [file]: summary } }), /^no coverage-summary\.json$/],
    ['empty', covered({ [file]: '' }), / is empty$/],
    ['truncated', covered({ [file]: summary.slice(0, 300) }), /truncated/],
    ["another tool's", covered({ [file]: reportText('eslint/clean.json') }), / is ESLint JSON, not /],
    ['of another schema', covered({ [file]: '{"total":{"lines":9}}' }), /is not Istanbul's coverage summary/],
    ['of no file', covered({ [file]: reportText('coverage/no-file.json') }), /counts no line/],
    ['torn', covered({ [file]: summary.replace('"total":5', '"total":4') }), /counts 4 lines, but its files have 5/],
    ['changed afterwards', covered({ [file]: summary }, { tampered: { [file]: `${summary} ` } }), /SHA-256 differs/],
  ];
  for (const [fault, left, reason] of unmeasured) {
    it(`test: coverage is asked for, and its report is ${fault}`, async (test) => {
      const policy = parsePolicy(Buffer.from('stages: { test: { coverage: { lines: 0 } } }'), 'sluice.yaml', day);
      const verdict = await judge(evidenceFolder(test, { test: left }), { policy });
      cases += 1;
      if (verdict.status === 'passed') green += 1;
      assert.equal(verdict.status, 'broken');
      assert.match(verdict.stages.find((one) => one.stage === 'test')!.reason, reason);
    });
  }

  it('knows a report that an older run wrote by its own date', async (test) => {
    const verdict = await judge(
      evidenceFolder(test, { test: withRecord('test', { startedAt: '2026-11-23T00:00:00Z' }) }),
    );
    assert.match(verdict.stages[2]!.reason, /^the report is of an older run: it began at 2026-11-22T/);
    assert.equal(verdict.status, 'broken');
  });

  after(() => {
    console.log(`# fault matrix: ${cases} cases, ${green} false greens`);
    assert.ok(cases >= 200);
    assert.equal(green, 0);
  });
});
