/** How stages call Trivy: without the network, and without anything by which a project could make it look away. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Plan } from './stages/stage.ts';

export interface TrivyCall {
  /** `fs`, `image`, `config` … */
  command: string;
  /** Flags of this call alone. */
  flags: string[];
  /** The file that the report goes to. */
  report: string;
  /** Default: json. */
  format?: 'json' | 'cyclonedx';
  /** What is scanned, where it is no flag. */
  target?: string;
  /** The stage's time-out in seconds: it ends Trivy, before Trivy's own can. */
  timeout: number;
}

/** The command line. Exit code 0 means that Trivy did its work, whatever it found; every other one that it did not. */
export function trivyCommand({ command, flags, report, format = 'json', target, timeout }: TrivyCall): string[] {
  return [
    ...['trivy', command],
    // Trivy reads trivy.yaml and .trivyignore where it runs, unless they are named.
    ...['--config', '/dev/null', '--ignorefile', '/dev/null'],
    ...['--quiet', '--disable-telemetry', '--skip-version-check', '--timeout', `${timeout + 60}s`],
    ...['--format', format, '--output', report],
    ...flags,
    ...(target === undefined ? [] : [target]),
  ];
}

/** Runs Trivy over a folder that was laid out for it alone, and removes the folder; then `finish` works on the report. */
export function trivyOver(
  folder: string,
  call: Pick<TrivyCall, 'flags' | 'report' | 'timeout'>,
  finish?: () => void,
): Plan {
  return {
    tool: 'trivy',
    directory: folder,
    command: trivyCommand({ command: 'fs', target: '.', ...call }),
    finish() {
      rmSync(folder, { recursive: true, force: true });
      finish?.();
    },
  };
}

/** Whether there is a Trivy to call; in Dagger there always is. */
export function hasTrivy(): boolean {
  return spawnSync('trivy', ['--version']).error === undefined;
}

/**
 * Takes the quoted lines out of Trivy's report on secrets or configuration. It masks what a rule of its secret scan matched and
 * nothing else, and beside one secret there is often another that no rule knows.
 */
export function dropQuotedSource(report: string): void {
  let text: string;
  try {
    text = readFileSync(report, 'utf8');
  } catch {
    // Trivy left none: the gate says so.
    return;
  }
  writeFileSync(report, withoutQuotes(text));
}

/** A report that can't be parsed is emptied: what is in it can't be told. */
function withoutQuotes(text: string): string {
  try {
    return JSON.stringify(
      JSON.parse(text, (key, value: unknown) => (key === 'Code' || key === 'Match' ? undefined : value)),
      null,
      2,
    );
  } catch {
    return '';
  }
}
