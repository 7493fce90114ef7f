/** `junit.xml`: what Jest reported, in the form that other tools take test results in. */
import { readFileSync } from 'node:fs';
import { failedToRun, jestRun, type JestRun, type JestSuite, plain } from '../readers/jest.ts';
import { Report, UnreadableReport } from '../readers/report.ts';
import { html } from './escape.ts';

/** Of the report in this file; undefined where there is none that can be read, which the gate says itself. */
export function junitOf(file: string): string | undefined {
  try {
    return junit(new Report(file, readFileSync(file)).shaped(jestRun, 'Jest JSON'));
  } catch (error) {
    if (error instanceof UnreadableReport || (error as NodeJS.ErrnoException).code !== undefined) return undefined;
    throw error;
  }
}

/** The whole text. A suite that failed beside its tests is a test case with an error. */
export function junit({ testResults }: JestRun): string {
  const suites = testResults.map(suiteText);
  const sum = (of: (suite: JestSuite) => number) => testResults.reduce((total, one) => total + of(one), 0);
  const attributes = { tests: sum(count), failures: sum(failures), errors: sum(errors), skipped: sum(skipped) };
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${written(attributes)}>\n${suites.join('')}</testsuites>\n`;
}

function suiteText(suite: JestSuite): string {
  const { name, startTime, endTime, message, assertionResults } = suite;
  const attributes = {
    name,
    tests: count(suite),
    failures: failures(suite),
    errors: errors(suite),
    skipped: skipped(suite),
    ...(startTime !== undefined && { timestamp: new Date(startTime).toISOString() }),
    ...(startTime !== undefined && endTime !== undefined && { time: (endTime - startTime) / 1000 }),
  };
  const cases = assertionResults.map(({ ancestorTitles, title, status, duration, failureMessages }) => {
    const names = { classname: ancestorTitles.join(' › ') || name, name: title, time: (duration ?? 0) / 1000 };
    const text = plain((failureMessages ?? []).join('\n\n'));
    if (status === 'failed') {
      return `    <testcase ${written(names)}><failure message="${xml(text.split('\n')[0]!)}">${xml(text)}</failure></testcase>\n`;
    }
    return `    <testcase ${written(names)}${status === 'passed' ? '/>' : '><skipped/></testcase>'}\n`;
  });
  const error = failedToRun(suite)
    ? `    <testcase ${written({ classname: name, name: 'suite failed to run', time: 0 })}><error>${xml(plain(message))}</error></testcase>\n`
    : '';
  return `  <testsuite ${written(attributes)}>\n${cases.join('')}${error}  </testsuite>\n`;
}

const count = (suite: JestSuite) => suite.assertionResults.length + errors(suite);
const failures = (suite: JestSuite) => suite.assertionResults.filter(({ status }) => status === 'failed').length;
const errors = (suite: JestSuite) => (failedToRun(suite) ? 1 : 0);
const skipped = (suite: JestSuite) =>
  suite.assertionResults.filter(({ status }) => status !== 'passed' && status !== 'failed').length;

function written(attributes: Record<string, string | number>): string {
  return Object.entries(attributes)
    .map(([name, value]) => `${name}="${xml(String(value)).replaceAll('\n', '&#10;')}"`)
    .join(' ');
}

/** As for HTML; XML forbids half characters as well. */
function xml(text: string): string {
  return html(text.toWellFormed().replace(/[\ufffe\uffff]/g, '\ufffd'));
}
