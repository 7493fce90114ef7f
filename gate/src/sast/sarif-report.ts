/** An ESLint formatter: the run as SARIF 2.1.0, with every rule that ran and every file that was looked at. */
import { relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ESLint, type Linter } from 'eslint';
import { rules, type Rule } from './rules.ts';

/** CVSS-like scores: what SARIF readers (GitHub's too) make severities of. */
const scores: Record<Rule['severity'], string> = { critical: '9.5', high: '8.0', medium: '5.5', low: '3.0' };
const levels: Record<Rule['severity'], string> = { critical: 'error', high: 'error', medium: 'warning', low: 'note' };
const prefix = 'sluice/';

/** Comments by which people tell scanners to look away. They switch nothing off here, but each is shown as what it is. */
const silencing = /\b(eslint-disable(-next-line|-line)?|nosemgrep|nosec|NOSONAR|sluice-ignore)\b/;

export default function sarif(results: ESLint.LintResult[], { cwd }: { cwd: string }): string {
  const looked = results.filter(({ messages }) => !messages.some(isIgnored));
  const uri = (file: string) => pathToFileURL(`/${relative(cwd, file).split(sep).join('/')}`).pathname.slice(1);
  const unread = looked.flatMap((one) =>
    one.messages.filter(({ fatal }) => fatal).map((each) => `${uri(one.filePath)}:${each.line}: ${each.message}`),
  );
  const report = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'sluice-sast',
            semanticVersion: ESLint.version,
            informationUri: 'https://eslint.org',
            rules: rules.map(describe),
          },
        },
        invocations: [
          {
            executionSuccessful: unread.length === 0,
            startTimeUtc: new Date(performance.timeOrigin).toISOString(),
            toolExecutionNotifications: unread.map((text) => ({ level: 'error', message: { text } })),
          },
        ],
        artifacts: looked.map(({ filePath }) => ({ location: { uri: uri(filePath) }, roles: ['analysisTarget'] })),
        results: looked.flatMap((one) =>
          one.messages.flatMap((each) =>
            each.ruleId?.startsWith(prefix) ? [result(each, one, uri(one.filePath))] : [],
          ),
        ),
      },
    ],
  };
  return `${JSON.stringify(report, null, 1)}\n`;
}

/** A file that was named but is not to be looked at. */
function isIgnored({ ruleId, message }: Linter.LintMessage): boolean {
  return ruleId === null && message.startsWith('File ignored ');
}

function describe({ id, severity, cwe, title, message, help }: Rule) {
  return {
    id,
    name: title,
    shortDescription: { text: title },
    fullDescription: { text: message },
    helpUri: help,
    defaultConfiguration: { level: levels[severity] },
    properties: { 'security-severity': scores[severity], tags: ['security', `external/cwe/cwe-${cwe}`] },
  };
}

function result(one: Linter.LintMessage, { source }: ESLint.LintResult, uri: string) {
  const id = one.ruleId!.slice(prefix.length);
  const index = rules.findIndex((rule) => rule.id === id);
  const lines = source?.split('\n') ?? [];
  const beside = [lines[one.line - 2], lines[one.line - 1]].some((line) => line !== undefined && silencing.test(line));
  return {
    ruleId: id,
    ruleIndex: index,
    level: levels[rules[index]!.severity],
    message: { text: one.message },
    locations: [
      { physicalLocation: { artifactLocation: { uri }, region: { startLine: one.line, startColumn: one.column } } },
    ],
    ...(beside && {
      suppressions: [{ kind: 'inSource', justification: 'a comment beside it tells scanners to look away' }],
    }),
  };
}
