/** Reads ESLint's JSON (`--format json`), of ESLint 7 and newer. */
import { z } from 'zod';
import type { Finding } from '../model.ts';
import { type Reader, sourcePath } from './reader.ts';

const message = z.object({
  ruleId: z.string().nullable(),
  severity: z.literal([1, 2]),
  fatal: z.boolean().optional(),
  message: z.string(),
  line: z.number().optional(),
  column: z.number().optional(),
});
type Message = z.output<typeof message>;

const file = z.object({
  filePath: z.string(),
  messages: z.array(message),
  suppressedMessages: z.array(message).optional(),
  errorCount: z.int(),
  warningCount: z.int(),
});

export const eslint: Reader = {
  format: 'eslint',
  title: 'ESLint JSON',

  recognises(report) {
    const value = report.jsonIfAny();
    if (!Array.isArray(value)) return false;
    // Without a file there is nothing but the name to go by: other tools write an empty list as well.
    if (value.length === 0) return /eslint/i.test(report.fileName);
    const first: unknown = value[0];
    return typeof first === 'object' && first !== null && 'filePath' in first && 'messages' in first;
  },

  read(report, options) {
    const findings: Finding[] = [];
    const silenced: Finding[] = [];
    let linted = 0;
    let suppressed = 0;
    let contradiction: string | undefined;
    for (const { filePath, messages, suppressedMessages = [], errorCount, warningCount } of report.items(
      file,
      this.title,
    )) {
      const path = sourcePath(filePath, options);
      if (errorCount !== countOf(messages, 2) || warningCount !== countOf(messages, 1)) contradiction ??= filePath;
      suppressed += suppressedMessages.length;
      for (const one of suppressedMessages) {
        if (isSecurityRule(one.ruleId)) silenced.push({ ...finding(path, one), suppressed: true });
      }
      if (wasIgnored(messages)) continue;
      linted += 1;
      for (const one of messages) findings.push(finding(path, one));
    }
    return {
      format: this.format,
      tool: 'eslint',
      findings: [...findings, ...silenced],
      evidence: [
        { kind: 'files', count: linted },
        { kind: 'suppressed messages', count: suppressed },
      ],
      ...(contradiction !== undefined && {
        broken: `${report.fileName}: the counts of ${contradiction} contradict its messages`,
      }),
    };
  },
};

/** A file that ESLint was told to lint and its configuration to ignore: in the report, but never looked at. */
function wasIgnored(messages: Message[]): boolean {
  return messages.length === 1 && messages[0]!.ruleId === null && messages[0]!.message.startsWith('File ignored ');
}

function countOf(messages: Message[], severity: 1 | 2): number {
  return messages.filter((one) => one.severity === severity).length;
}

function finding(path: string, one: Message): Finding {
  const help = helpPage(one.ruleId);
  return {
    tool: 'eslint',
    rule: one.ruleId ?? (one.fatal ? 'parse-error' : 'eslint'),
    severity: one.severity === 2 ? 'high' : 'low',
    toolSeverity: one.fatal ? 'fatal' : one.severity === 2 ? 'error' : 'warning',
    message: one.message,
    location: {
      path,
      ...(one.line !== undefined && { line: one.line }),
      ...(one.column !== undefined && { column: one.column }),
    },
    ...(help && { help }),
  };
}

/** Rules that guard against an attack: silencing one in a comment is an accepted risk, and those live in the ledger alone. */
function isSecurityRule(rule: string | null): boolean {
  return (
    rule !== null &&
    (/^(@?[\w-]+\/)?no-(eval|implied-eval|new-func|script-url|unsanitized|secrets)\b/.test(rule) ||
      /^(@?[\w-]+\/)?(eslint-plugin-)?(security|security-node|sdl|xss|no-unsanitized|no-secrets)\//.test(rule))
  );
}

const pages = new Map<string, string | undefined>();

/** One text for all findings of a rule. */
function helpPage(rule: string | null): string | undefined {
  if (rule === null) return undefined;
  if (!pages.has(rule)) pages.set(rule, pageOf(rule));
  return pages.get(rule);
}

function pageOf(rule: string): string | undefined {
  const typed = /^@typescript-eslint\/([\w-]+)$/.exec(rule);
  if (typed) return `https://typescript-eslint.io/rules/${typed[1]}`;
  return /^[a-z-]+$/.test(rule) ? `https://eslint.org/docs/latest/rules/${rule}` : undefined;
}
