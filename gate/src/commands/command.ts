/** What a command of `sluice` is. The dispatcher in cli.ts finds it by name, answers `--help` and turns mistakes into exit codes. */
export interface Command {
  /** The word behind `sluice`. */
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** The whole text of `--help`: a line "Usage: sluice …" first, then every flag with its default. */
  usage: string;
  /**
   * Runs with the arguments behind the name and gives the exit code.
   * A UsageError becomes one line and exit 2; an error of `parseArgs` (unknown flag, missing value) the usage text and exit 2.
   */
  run(args: string[]): Promise<number>;
}
