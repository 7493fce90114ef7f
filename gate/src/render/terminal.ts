/** The verdict for a terminal or a log: a line a stage, what was found, and the verdict last, where the eye is. */
import { styleText } from 'node:util';
import type { JudgedFinding, StageResult, Verdict } from '../model.ts';
import { where } from '../reason.ts';
import { printable, printableLine } from './escape.ts';
import {
  comparison,
  didNotRun,
  duration,
  findingsBehind,
  previewReason,
  remarks,
  shortRevision,
  tally,
} from './wording.ts';

export interface TerminalOptions {
  /** Default: false. */
  colours?: boolean;
  /** The page that shows everything, as the last line names it. */
  page: string;
}

const mostFindings = 20;
const widestReason = 72;
/** A compiler's explanation or the end of a builder's log. */
const mostLines = 15;

type Style = 'green' | 'red' | 'yellow' | 'dim' | 'bold';
const styles: Record<StageResult['status'], Style> = {
  passed: 'green',
  failed: 'red',
  broken: 'yellow',
  absent: 'dim',
  'not run': 'dim',
};

/** Whether a stream shows colours: a terminal does, unless NO_COLOR is set or TERM is dumb. */
export function hasColours(stream: { isTTY?: boolean }, environment = process.env): boolean {
  return stream.isTTY === true && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
}

/** The whole text, with a line break at its end. */
export function renderTerminal(verdict: Verdict, { colours = false, page }: TerminalOptions): string {
  const paint = (style: Style, text: string) => (colours ? styleText(style, text, { validateStream: false }) : text);
  const { name, revision } = verdict.subject;
  const preview = previewReason(verdict);
  const skipped = didNotRun(verdict);

  const lines = [
    `${paint('bold', 'sluice')}  ${printableLine(name)} @ ${printableLine(shortRevision(revision))}  ${verdict.runner}`,
    ...(preview ? [paint('yellow', preview)] : []),
    ...table(verdict.stages, paint),
    ...details(verdict, paint),
    ...section(verdict.warnings.map((warning) => `${paint('yellow', 'warning')} ${printableLine(warning)}`)),
    ...(preview
      ? section([
          paint('yellow', preview),
          ...skipped.map(({ stage, status, reason }) => ` ${stage} ${status}: ${printableLine(reason)}`),
        ])
      : []),
    `verdict ${paint(styles[verdict.status], verdict.status)} · ${[tally(verdict), comparison(verdict), printableLine(page)].filter(Boolean).join(' · ')}`,
    '',
  ];
  return lines.filter((line, i) => line !== '' || lines[i - 1] !== '').join('\n');
}

function table(stages: StageResult[], paint: (style: Style, text: string) => string): string[] {
  const rows = stages.map((stage) => ({
    stage,
    reason: printableLine(stage.reason, widestReason),
    time: duration(stage.durationMs),
  }));
  const widest = (lengths: number[]) => Math.max(0, ...lengths);
  const names = widest(stages.map(({ stage }) => stage.length)) + 2;
  const reasons = widest(rows.map(({ reason }) => reason.length)) + 2;
  const times = widest(rows.map(({ time }) => time.length));
  return rows.map(({ stage: { stage, status }, reason, time }) =>
    ` ${stage.padEnd(names)}${paint(styles[status], status.padEnd(9))}${reason.padEnd(reasons)}${time.padStart(times)}`.trimEnd(),
  );
}

/** What is behind the stages that are not green: the whole reason where the table cut it, and the findings. */
function details(verdict: Verdict, paint: (style: Style, text: string) => string): string[] {
  const bad = verdict.stages.filter(({ status }) => status === 'failed' || status === 'broken');
  const reasons = bad
    .filter(({ reason }) => printableLine(reason).length > widestReason)
    .map(({ stage, status, reason }) => `${stage} ${paint(styles[status], status)}: ${printableLine(reason)}`);
  const shown: string[][] = [];
  let rest = 0;
  for (const { stage, finding } of findingsBehind(verdict)) {
    if (shown.length < mostFindings) shown.push(findingLines(stage, finding, paint));
    else rest += 1;
  }
  return section([...reasons, ...shown.flat(), ...(rest > 0 ? [`… and ${rest} more`] : [])]);
}

function findingLines(stage: string, finding: JudgedFinding, paint: (style: Style, text: string) => string): string[] {
  const [first = '', ...more] = printable(finding.message).split('\n').slice(0, mostLines);
  const place = printableLine(where(finding));
  const notes = remarks(finding).map((note) => ` (${printableLine(note)})`);
  return [
    `${paint('dim', stage)} ${place ? `${paint('bold', place)} ` : ''}${printableLine(finding.rule)}: ${printableLine(first, 300)}${notes.join('')}`,
    ...more.map((line) => `    ${line.slice(0, 300)}`),
  ];
}

/** Set off by a blank line above and below, where there is anything to show. */
function section(lines: string[]): string[] {
  return lines.length > 0 ? ['', ...lines, ''] : [];
}
