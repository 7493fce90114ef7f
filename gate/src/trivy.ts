/** How stages call Trivy: without the network, and without anything by which a project could make it look away. */

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
