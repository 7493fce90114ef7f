/** Reads Jest's JSON (`--json --outputFile`), of Jest 24 and newer. */
import { z } from 'zod';
import type { Finding } from '../model.ts';
import { isInstalled, type Reader, type ReadOptions, sourcePath } from './reader.ts';

const assertion = z.object({
  ancestorTitles: z.array(z.string()),
  title: z.string(),
  status: z.enum(['passed', 'failed', 'skipped', 'pending', 'todo', 'disabled', 'focused']),
  failureMessages: z.array(z.string()).nullable(),
  location: z.object({ line: z.int(), column: z.int() }).nullish(),
  /** Milliseconds. */
  duration: z.number().nullish(),
});
type Assertion = z.output<typeof assertion>;

const suite = z.object({
  name: z.string(),
  status: z.enum(['passed', 'failed', 'skipped', 'pending', 'focused']),
  message: z.string(),
  /** Milliseconds since 1970. */
  startTime: z.number().optional(),
  endTime: z.number().optional(),
  assertionResults: z.array(assertion),
});
export type JestSuite = z.output<typeof suite>;

/** Jest's own report, in the parts that are read. */
export const jestRun = z.object({
  startTime: z.number(),
  success: z.boolean(),
  wasInterrupted: z.boolean(),
  numTotalTestSuites: z.int(),
  numRuntimeErrorTestSuites: z.int(),
  numTotalTests: z.int(),
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  snapshot: z.object({ failure: z.boolean() }),
  coverageMap: z.unknown().optional(),
  testResults: z.array(suite),
});
export type JestRun = z.output<typeof jestRun>;

export const jest: Reader = {
  format: 'jest',
  title: 'Jest JSON',

  recognises(report) {
    const value = report.jsonIfAny();
    return typeof value === 'object' && value !== null && 'testResults' in value && 'numTotalTests' in value;
  },

  read(report, options) {
    const all = report.shaped(jestRun, this.title);
    const tests = all.testResults.flatMap((one) => one.assertionResults);
    const executed = tests.filter(({ status }) => status === 'passed' || status === 'failed').length;
    const suites = all.testResults.filter(failedToRun);
    const findings = [
      ...suites.map((one) => suiteFinding(one, options)),
      ...all.testResults.flatMap((one) =>
        one.assertionResults.filter(({ status }) => status === 'failed').map((test) => testFinding(one, test, options)),
      ),
    ];
    if (findings.length === 0 && !all.success) findings.push(...failureWithoutTest(all));
    const broken = distrust(all, tests, suites.length, findings.length);
    return {
      format: this.format,
      tool: 'jest',
      startedAt: new Date(all.startTime).toISOString(),
      findings,
      evidence: [
        { kind: 'tests', count: executed },
        { kind: 'skipped tests', count: tests.length - executed },
        { kind: 'suites', count: all.testResults.length },
      ],
      ...(broken && { broken }),
    };
  },
};

/** Why the report can't be the whole story. */
function distrust(all: JestRun, tests: Assertion[], failedSuites: number, findings: number): string | undefined {
  const count = (status: string) => tests.filter((one) => one.status === status).length;
  if (all.wasInterrupted) return 'Jest was interrupted';
  if (all.numTotalTestSuites !== all.testResults.length) {
    return `Jest reports ${all.testResults.length} of ${all.numTotalTestSuites} suites`;
  }
  if (all.numTotalTests !== tests.length) return `Jest reports ${tests.length} of ${all.numTotalTests} tests`;
  if (all.numPassedTests !== count('passed') || all.numFailedTests !== count('failed')) {
    return `Jest counts ${all.numPassedTests} passed and ${all.numFailedTests} failed tests, but lists ${count('passed')} and ${count('failed')}`;
  }
  if (all.numRuntimeErrorTestSuites > failedSuites) {
    return `Jest counts ${all.numRuntimeErrorTestSuites} suites that failed to run, but lists ${failedSuites}`;
  }
  if (all.success && findings > 0) return 'Jest claims success beside failures';
  if (!all.success && findings === 0) return 'Jest reports no success, but nothing that failed';
  return undefined;
}

/** A suite fails beside its tests when its file can't be loaded or a hook around them throws. */
export function failedToRun(one: JestSuite): boolean {
  const failedTests = one.assertionResults.some(({ status }) => status === 'failed');
  return one.status === 'failed' && (!failedTests || one.message.includes('● Test suite failed to run'));
}

function suiteFinding(one: JestSuite, options: ReadOptions): Finding {
  const text = plain(one.message).split('● Test suite failed to run').at(-1)!;
  const said = text.split('\n').map((line) => line.trim());
  const words =
    said.find((line) => /^\w*Error: |:\d+:\d+ - error TS/.test(line)) ??
    said.find((line) => line !== '') ??
    'no reason given';
  const inFrame = /^\s*> (\d+) \|/m.exec(text)?.[1];
  // The file that could not be compiled is often not the suite's own. Only ts-jest names it by a relative path, with line and column.
  const named = /(?<path>(?:\/|[A-Za-z]:[/\\])[^\s()'"]+\.[cm]?[jt]sx?)(?=[:\s'")]|$)/.exec(words)?.groups;
  const diagnosed = /^(?<path>[^\s:]+\.[cm]?[jt]sx?):(?<line>\d+):\d+ - error/.exec(words)?.groups;
  const path = (diagnosed ?? named)?.['path'] ?? one.name;
  const line = diagnosed?.['line'] ?? inFrame;
  return {
    tool: 'jest',
    rule: 'suite failed to run',
    severity: 'high',
    message: words,
    location: { path: sourcePath(path, options), ...(line && { line: Number(line) }) },
  };
}

function testFinding(one: JestSuite, test: Assertion, options: ReadOptions): Finding {
  const text = plain(test.failureMessages?.[0] ?? '');
  const line = stackLine(text, one.name) ?? test.location?.line;
  return {
    tool: 'jest',
    rule: [...test.ancestorTitles, test.title].join(' › '),
    severity: 'high',
    message: oneLine(text.split(/\n\s+at /)[0]!) || 'no reason given',
    location: { path: sourcePath(one.name, options), ...(line !== undefined && { line }) },
  };
}

/** The line of the test file that the failure came through. */
function stackLine(text: string, file: string): number | undefined {
  for (const [, path, line] of text.matchAll(/^\s+at .*?\(?((?:\/|[A-Za-z]:[/\\])[^()]*?):(\d+):\d+\)?$/gm)) {
    if (path === file && !isInstalled(path)) return Number(line);
  }
  return undefined;
}

/** Jest also fails for its own thresholds: coverage, and snapshots that no test asks for any more. */
function failureWithoutTest(all: JestRun): Finding[] {
  const common = { tool: 'jest', severity: 'high' } as const;
  if (all.snapshot.failure) {
    return [
      { ...common, rule: 'snapshots', message: 'Snapshots are left over or differ; Jest names them in its output' },
    ];
  }
  if (all.coverageMap !== undefined) {
    return [
      {
        ...common,
        rule: 'coverage threshold',
        message: 'Coverage is below the threshold; Jest names it in its output',
      },
    ];
  }
  return [];
}

/** Without colours. */
export function plain(text: string): string {
  // eslint-disable-next-line no-control-regex -- the escape character is what is removed
  return text.replace(/\x1b\[[\d;]*m/g, '');
}

/** Long differences are for Jest's own report; a finding says what failed. */
function oneLine(text: string): string {
  const line = text
    .replace(/^Error: /, '')
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > 600 ? `${line.slice(0, 600)}…` : line;
}
