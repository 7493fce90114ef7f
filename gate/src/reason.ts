/** The line behind a status: what was found and what was looked at, in the words of the stage's own evidence. */
import { isShortfall } from './coverage.ts';
import type { Evidence, Finding, JudgedFinding } from './model.ts';

/** What a person wants to know beside the first count. */
const worthALine = ['skipped tests', 'bytes', '% of lines covered', 'unreached operations'];

/** "0 findings · 41 files", "3 findings · 3 known · 41 files", "58 tests · 2 skipped tests", "310 files · 1.2 MB", "12 layers · 96 MB · sha256:9c1…". */
export function passedReason(
  left: Finding[],
  known: number,
  waived: number,
  looked: Evidence[],
  imageDigest?: string,
): string {
  const found = left.length > 0 || isScan(looked) ? [plural(left.length, 'findings')] : [];
  return [
    ...found,
    ...(known > 0 ? [`${known} known`] : []),
    ...(waived > 0 ? [`${waived} waived`] : []),
    ...looked.filter(({ kind, count }, i) => i === 0 || (count > 0 && worthALine.includes(kind))).map(shown),
    ...(imageDigest === undefined ? [] : [`${imageDigest.slice(0, 19)}…`]),
  ].join(' · ');
}

/** "1 of 58 tests: releases › keeps…", "3 findings: no-eval in src/a.ts:3", "1 finding: … · 12 known"; a waiver that no longer holds comes first. */
export function failedReason(blocking: Finding[], known: number, looked: Evidence[], lapsed: string[]): string {
  const others = known > 0 ? [`${known} known`] : [];
  const [shortfalls, found] = [blocking.filter(isShortfall), blocking.filter((one) => !isShortfall(one))];
  const parts = [
    ...(found.length > 0 ? [whatFailed(found, looked)] : []),
    ...shortfalls.map(({ message }) => message),
    ...others,
  ];
  return [...lapsed.slice(0, 1), parts.join(' · ')].join('; ');
}

function whatFailed(blocking: Finding[], looked: Evidence[]): string {
  const [first] = blocking as [Finding, ...Finding[]];
  const tests = looked.find(({ kind }) => kind === 'tests');
  const many =
    tests && blocking.length <= tests.count
      ? `${blocking.length} of ${plural(tests.count, 'tests')}`
      : plural(blocking.length, 'findings');
  const quiet = blocking.filter(({ suppressed }) => suppressed).length;
  const hushed = quiet > 0 ? ` (${quiet} silenced outside the ledger)` : '';
  const place = first.location
    ? ` in ${where(first)}`
    : first.http
      ? ` ${first.message.split(/ \(|: /)[0]} at ${where(first)}`
      : first.rule.startsWith('build')
        ? `: ${lastLine(first.message)}`
        : '';
  return `${many}${hushed}: ${first.rule}${tests ? '' : place}`;
}

/** src/a.ts:3 */
export function where({ location, package: pack, http }: Finding): string {
  if (location) return `${location.path}${location.line === undefined ? '' : `:${location.line}`}`;
  if (pack) return `${pack.name} ${pack.version}`;
  return http ? `${http.method} ${http.url}` : '';
}

/** "also found by trivy in scan as CVE-2021-23337"; undefined where nobody else did. */
export function otherSightings({ rule, alsoFoundBy }: JudgedFinding): string | undefined {
  const others = alsoFoundBy?.map((one) => `${one.tool} in ${one.stage}${one.rule === rule ? '' : ` as ${one.rule}`}`);
  return others && `also found by ${others.join(', ')}`;
}

/** Tools that hunt for findings say "0 findings"; tests and builds say what they did. */
function isScan(looked: Evidence[]): boolean {
  return !looked.some(({ kind }) => ['tests', 'bytes', 'components'].includes(kind));
}

function shown({ kind, count }: Evidence): string {
  return kind === 'bytes' ? bytes(count) : plural(count, kind);
}

/** 1 file, 2 files */
export function plural(count: number, kind: string): string {
  return `${count} ${count === 1 ? kind.replace(/ies$/, 'y').replace(/s$/, '') : kind}`;
}

/** Powers of ten, as registries and disks count. */
export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length, Math.floor(Math.log10(count) / 3));
  const value = count / 1000 ** power;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power - 1]}`;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)!;
}
