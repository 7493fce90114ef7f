/** `summary.md`: the verdict for a job summary or a pull-request comment. */
import type { FixedFinding, JudgedFinding, StageResult, Verdict, WaivedFinding } from '../model.ts';
import { plural, where } from '../reason.ts';
import { reachedOperations } from '../operations.ts';
import { markdown } from './escape.ts';
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

/** GitHub takes a comment of 65,536 characters; this leaves room for what a workflow puts around it. */
export const mostBytes = 60_000;
/** So much of one text is shown; the whole of it is in verdict.json and the page. */
const longestText = 400;
const mostLines = 30;

/** The whole text. What does not fit is cut from the findings and counted, never from the verdict. */
export function renderSummary(verdict: Verdict): string {
  const { subject, runner } = verdict;
  const preview = previewReason(verdict);
  const compared = comparison(verdict);
  const head = [
    `## ${verdict.status}: ${markdown(subject.name, 200)} @ ${markdown(shortRevision(subject.revision), 100)}`,
    '',
    `${capital(tally(verdict))}, judged with ${runner === 'host' ? 'the host runner' : 'Dagger'}.`,
    ...(compared ? ['', `${capital(compared)}.`] : []),
    ...(preview ? ['', `**${capital(preview)}.**`] : []),
    '',
    ...stageTable(verdict.stages),
    ...coverage(verdict.stages),
    ...list(
      'Warnings',
      verdict.warnings.map((warning) => markdown(warning, longestText)),
    ),
  ];
  const tail = [
    ...list('Fixed since the base', (verdict.baseline?.fixed ?? []).map(fixedLine)),
    ...list('Accepted risks', verdict.waived.map(waivedLine)),
    ...(preview
      ? list(
          'Not run',
          didNotRun(verdict).map(({ stage, reason }) => `${stage}: ${markdown(reason, longestText)}`),
        )
      : []),
    '',
    [
      `Policy ${markdown(verdict.policy.slice(0, 12))}`,
      ...(subject.imageDigest === undefined ? [] : [`image ${markdown(subject.imageDigest, 100)}`]),
      verdict.finishedAt,
      ...(preview ? [preview] : []),
    ].join(' · '),
    '',
  ];
  const room = mostBytes - size([...head, ...tail]) - 200;
  return [...head, ...findings(verdict, room), ...tail].join('\n');
}

function stageTable(stages: StageResult[]): string[] {
  return [
    '| stage | status | | time |',
    '| --- | --- | --- | ---: |',
    ...stages.map(({ stage, status, reason, durationMs }) => {
      const shown = status === 'passed' ? status : `**${status}**`;
      return `| ${stage} | ${shown} | ${markdown(reason, longestText)} | ${duration(durationMs)} |`;
    }),
  ];
}

/** The findings of the stages that are not green, as many as there is room for. */
function findings(verdict: Verdict, room: number): string[] {
  const lines = ['', '### Findings', ''];
  let left = room - size(lines);
  let shown = 0;
  let rest = 0;
  for (const { stage, finding } of findingsBehind(verdict)) {
    if (rest === 0) {
      const line = `- ${findingLine(stage, finding)}`;
      left -= size([line]);
      if (left >= 0) lines.push(line);
      else rest = 1;
      shown += 1;
    } else rest += 1;
  }
  if (shown === 0) return [];
  if (rest > 0) lines.push('', `… and ${plural(rest, 'findings')} more, all in index.html.`);
  return lines;
}

function coverage(stages: StageResult[]): string[] {
  const operations = stages.flatMap((stage) => stage.operations ?? []);
  return operations.length === 0 ? [] : ['', `DAST: ${reachedOperations(operations)}; each one is in index.html.`];
}

function findingLine(stage: string, finding: JudgedFinding): string {
  const place = where(finding);
  return [
    `${finding.severity} · ${stage}`,
    ...(place ? [`**${markdown(place, longestText)}**`] : []),
    `${markdown(finding.rule, longestText)}: ${markdown(finding.message, longestText)}`,
    ...remarks(finding).map((note) => markdown(note, longestText)),
  ].join(' · ');
}

function waivedLine({ stage, rule, owner, reason, expires, finding }: WaivedFinding): string {
  const place = where(finding);
  return `${stage} · ${markdown(rule, 100)}${place ? ` in ${markdown(place, 200)}` : ''}: ${markdown(reason, 200)} (${markdown(owner, 100)}, until ${expires})`;
}

function fixedLine({ stage, rule, path, message }: FixedFinding): string {
  return `${stage} · ${markdown(rule, 100)}${path ? ` in ${markdown(path, 200)}` : ''}: ${markdown(message, 200)}`;
}

function list(title: string, lines: string[]): string[] {
  if (lines.length === 0) return [];
  const rest = lines.length - mostLines;
  const more = rest > 0 ? [`- … and ${rest} more`] : [];
  return ['', `### ${title}`, '', ...lines.slice(0, mostLines).map((line) => `- ${line}`), ...more];
}

function size(lines: string[]): number {
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
