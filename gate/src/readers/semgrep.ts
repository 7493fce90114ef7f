/**
 * Reads Semgrep's JSON (`--json`).
 * An error of level "error" (a rule that does not parse, a missing target) and a rule that gave up on a file (time, memory, too many
 * matches) break the reading: something was not looked at. A file of which Semgrep skipped lines that it can't parse is only
 * counted: the project can't help it, and everything else in it was looked at.
 * What `nosemgrep` comments silence is in the report, and marked, only for Semgrep before 1.0; newer ones leave it out unless
 * `--disable-nosem` is given, and then report it like the rest.
 */
import { z } from 'zod';
import type { Finding, Severity } from '../model.ts';
import { weaknesses } from './cwe.ts';
import { type Reader, type ReadOptions, sourcePath } from './reader.ts';

const words = z
  .union([z.string(), z.array(z.string())])
  .nullish()
  .catch(undefined);

const match = z.object({
  check_id: z.string(),
  path: z.string(),
  start: z.object({ line: z.int(), col: z.int() }),
  extra: z.object({
    message: z.string(),
    severity: z.enum(['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'ERROR', 'WARNING', 'INFO', 'INVENTORY', 'EXPERIMENT']),
    metadata: z.object({ cwe: words, shortlink: words, source: words, references: words }).nullish().catch(undefined),
    is_ignored: z.boolean().nullish(),
    sca_info: z
      .object({
        dependency_match: z.object({ found_dependency: z.object({ package: z.string(), version: z.string() }) }),
      })
      .nullish()
      .catch(undefined),
  }),
});
type Match = z.output<typeof match>;

const problem = z.object({
  level: z.string(),
  /** A name, or a name with its details. */
  type: z.union([z.string(), z.array(z.unknown())]).nullish(),
  message: z.string().nullish(),
  long_msg: z.string().nullish(),
  path: z.string().nullish(),
});
type Problem = z.output<typeof problem>;

const scan = z.object({
  version: z.string().optional(),
  results: z.array(match),
  errors: z.array(problem),
  paths: z.object({ scanned: z.array(z.string()) }),
  time: z.object({ rules: z.array(z.unknown()).nullish() }).nullish(),
  skipped_rules: z.array(z.unknown()).nullish(),
});

/** ERROR, WARNING and INFO are the older words; Semgrep itself takes them as HIGH, MEDIUM and LOW. */
const ours: Record<Match['extra']['severity'], Severity> = {
  CRITICAL: 'critical',
  HIGH: 'high',
  ERROR: 'high',
  MEDIUM: 'medium',
  WARNING: 'medium',
  LOW: 'low',
  INFO: 'low',
  INVENTORY: 'info',
  EXPERIMENT: 'info',
};

export const semgrep: Reader = {
  format: 'semgrep',
  title: 'Semgrep JSON',

  recognises(report) {
    const value = report.jsonIfAny();
    return typeof value === 'object' && value !== null && 'results' in value && 'errors' in value && 'paths' in value;
  },

  read(report, options) {
    const all = report.shaped(scan, this.title);
    const gaveUp = all.errors.find(leftOut);
    const partly = new Set(all.errors.filter((one) => !leftOut(one) && one.path).map(({ path }) => path));
    const rules = all.time?.rules?.length ?? 0;
    const skipped = all.skipped_rules?.length ?? 0;
    return {
      format: this.format,
      tool: 'semgrep',
      ...(all.version !== undefined && { version: all.version }),
      findings: all.results.map((one) => finding(one, options)),
      evidence: [
        { kind: 'files', count: new Set(all.paths.scanned).size },
        // Only with --time does the report say which rules ran.
        ...(rules > 0 ? [{ kind: 'rules', count: rules }] : []),
        ...(partly.size > 0 ? [{ kind: 'partly parsed files', count: partly.size }] : []),
        ...(skipped > 0 ? [{ kind: 'skipped rules', count: skipped }] : []),
      ],
      ...(gaveUp && { broken: `Semgrep: ${inWords(gaveUp)}` }),
    };
  },
};

/** True where a rule or a file was left out. */
function leftOut({ level, type }: Problem): boolean {
  return level === 'error' || /time-?out|memory|stack ?overflow|too ?many ?matches/i.test(nameOf(type));
}

function nameOf(type: Problem['type']): string {
  const name = Array.isArray(type) ? type[0] : type;
  return typeof name === 'string' ? name : 'an error without a name';
}

function inWords({ message, long_msg, type, path }: Problem): string {
  const said = (message || long_msg || nameOf(type)).trim().split('\n').slice(0, 2).join(' ');
  return `${said}${path && !said.includes(path) ? ` (${path})` : ''}`;
}

function finding({ check_id, path, start, extra }: Match, options: ReadOptions): Finding {
  const { metadata } = extra;
  const help = [metadata?.shortlink, metadata?.source, metadata?.references]
    .flat()
    .find((one) => one?.startsWith('http'));
  const found = extra.sca_info?.dependency_match.found_dependency;
  return {
    tool: 'semgrep',
    rule: check_id,
    severity: ours[extra.severity],
    toolSeverity: extra.severity,
    message: extra.message.trim(),
    location: { path: sourcePath(path, options), line: start.line, column: start.col },
    ...(found && { package: { name: found.package, version: found.version } }),
    ...weaknesses(metadata?.cwe),
    ...(help && { help }),
    ...(extra.is_ignored && { suppressed: true }),
  };
}
