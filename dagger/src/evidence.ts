/** What the module itself says of a stage, in the words of the gate's `stage.json` and `verdict.json`. Imports nothing from Dagger. */

/** The parts of `stage.json` that the module writes or reads. */
export interface StageRecord {
  stage: string;
  tool: string;
  version: string;
  image: string;
  command: string[];
  startedAt: string;
  durationMs: number;
  exitCode: number | null;
  reports: [];
  absent?: string;
  broken?: string;
  lastWords?: string;
}

/** How a command of the module ended that was to end well: an exec's error, by its shape (its class can't be imported in a module). */
export interface ToolFailure {
  message: string;
  cmd?: string[];
  exitCode?: number;
  stdout?: string;
  stderr?: string;
}

/** The record of a stage in which no tool has run. */
export function emptyRecord(stage: string, startedAt: Date): StageRecord {
  return {
    stage,
    tool: stage,
    version: 'unknown',
    image: 'unknown',
    command: [],
    startedAt: startedAt.toISOString(),
    durationMs: 0,
    exitCode: null,
    reports: [],
  };
}

/** The record of a stage whose tool never got to run: evidence that the gate calls broken. */
export function brokenRecord(stage: string, failure: ToolFailure, startedAt: Date, endedAt: Date): StageRecord {
  const words = lastWords(failure);
  return {
    ...emptyRecord(stage, startedAt),
    command: failure.cmd ?? [],
    durationMs: endedAt.getTime() - startedAt.getTime(),
    exitCode: failure.exitCode ?? null,
    broken: reason(failure, words),
    ...(words && { lastWords: words }),
  };
}

function reason(failure: ToolFailure, words: string): string {
  if (failure.cmd === undefined) return firstLine(withoutIds(failure.message));
  const end = failure.exitCode === undefined ? 'did not end' : `ended with exit code ${failure.exitCode}`;
  const why = npmError(failure) ?? words.split('\n').at(-1);
  return `${failure.cmd.slice(0, 2).join(' ')} ${end}${why ? `: ${firstLine(why)}` : ''}`;
}

/** npm says first what is wrong, and then at length how it is called. */
function npmError({ stderr }: ToolFailure): string | undefined {
  const errors = stderr?.split('\n').filter((line) => line.startsWith('npm error ')) ?? [];
  return errors.map((line) => line.slice('npm error '.length).trim()).find((line) => line && !line.startsWith('code '));
}

/** The last lines that say something: package managers end with a pointer to a log file that nobody can open. */
export function lastWords(failure: ToolFailure): string {
  return `${failure.stdout ?? ''}\n${failure.stderr ?? ''}`
    .split('\n')
    .map((line) => line.replace(/^npm error ?/, ''))
    .filter((line) => line.trim() !== '' && !/^(npm (warn|notice)|A complete log of this run|code [A-Z_]+$)/.test(line))
    .slice(-5)
    .join('\n')
    .slice(-2000);
}

/** Everything that a failed command printed; where nothing ran, what the engine says. */
export function wholeOutput({ message, stdout, stderr }: ToolFailure): string {
  return [stdout, stderr].filter(Boolean).join('\n') || withoutIds(message);
}

/** The engine puts in front of what went wrong by which of its objects it came there: hundreds of characters that nobody can read. */
function withoutIds(message: string): string {
  return message
    .replace(/^failed to load \w+ from converted ID: (load \S+: (inputs: )?)+/, '')
    .replaceAll(/ \[traceparent:[^\]]*\]/g, '');
}

function firstLine(text: string): string {
  return text.split('\n')[0]!.slice(0, 300);
}

/** The stages that a verdict calls broken. */
export function brokenStages(verdict: string): string[] {
  const { stages } = JSON.parse(verdict) as { stages: { stage: string; status: string }[] };
  return stages.filter(({ status }) => status === 'broken').map(({ stage }) => stage);
}

/** True where a record is of an earlier call: the engine served it from its cache. */
export function isOlder(record: string, call: Date): boolean {
  const { startedAt } = JSON.parse(record) as { startedAt: string };
  return Date.parse(startedAt) < call.getTime();
}
