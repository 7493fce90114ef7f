/**
 * Runs the steps of one job here as a GitHub runner would: `node .github/test/run-steps.ts OCCASION.json`, see {@link Occasion}.
 *
 * The commit at hand is checked out into an empty folder, with .github as it stands here, so that a change can be tried before it is
 * committed. Each `run:` is a file for the same shell with the same switches, and outputs, variables, paths and the summary go through
 * the same files. `uses:` of this repository are followed, all others left out, and the report says so.
 * Exit code: 0 the job is green or was not to run, 1 it is red, 2 the occasion cannot be read.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parse } from 'yaml';
import { type Contexts, fill, holds, type Value } from './expressions.ts';

type Texts = Record<string, string>;

/** What a job is started by. */
export interface Occasion {
  /** Name of a file in .github/workflows, and of a job in it. */
  readonly workflow: string;
  readonly job: string;
  /** As GITHUB_EVENT_NAME and GITHUB_EVENT_PATH have it. */
  readonly eventName: string;
  readonly event: Record<string, Value>;
  /** Default: refs/heads/main. */
  readonly ref?: string;
  /** OWNER/NAME. Default: Acme/Sluice, whose capitals no registry takes. */
  readonly repository?: string;
  readonly vars?: Texts;
  readonly secrets?: Texts;
  readonly inputs?: Texts;
  /** Folders before PATH, for programs that stand in for others. */
  readonly path?: readonly string[];
  /** More variables for every step: what the machine of the runner has. */
  readonly environment?: Texts;
  /** Names of steps that cannot run here. */
  readonly leaveOut?: readonly string[];
  /** A folder to work in a copy of, where the steps need no source. Default: the commit at hand. */
  readonly source?: string;
  /** Changes the checkout before the first step. */
  readonly prepare?: (workspace: string) => void;
}

export interface StepResult {
  readonly name: string;
  readonly state: 'done' | 'failed' | 'skipped' | 'left out';
  readonly exitCode?: number;
  readonly seconds?: number;
  /** Of a step that was left out: files and folders that it was to take, and whether they are there. */
  readonly takes?: Record<string, boolean>;
}

export interface JobResult {
  readonly state: 'green' | 'red' | 'skipped';
  readonly runsOn: string;
  readonly steps: readonly StepResult[];
  readonly outputs: Texts;
  readonly summary: string;
  readonly log: string;
  readonly workspace: string;
}

interface Step {
  name?: string;
  id?: string;
  if?: string;
  uses?: string;
  run?: string;
  shell?: string;
  with?: Texts;
  env?: Texts;
}
interface Job {
  if?: string;
  'runs-on': string;
  env?: Texts;
  permissions: Texts;
  outputs?: Texts;
  steps: Step[];
}

const root = join(import.meta.dirname, '../..');

/** Runs it; what the steps print goes into the log, and to `show` as they end. The caller removes the workspace's parent folder. */
export function runJob(occasion: Occasion, show: (text: string) => void = () => undefined): JobResult {
  const { repository = 'Acme/Sluice', ref = 'refs/heads/main', eventName } = occasion;
  const home = mkdtempSync(join(tmpdir(), 'sluice-job-'));
  const workspace = join(home, 'work');
  const [temp, userHome] = [join(home, 'temp'), join(home, 'home')];
  for (const folder of [workspace, temp, userHome]) mkdirSync(folder);
  const text = readFileSync(join(root, '.github/workflows', occasion.workflow), 'utf8');
  const job = (parse(text) as { jobs: Record<string, Job> }).jobs[occasion.job];
  if (!job?.steps) throw new Error(`${occasion.workflow} has no job ${occasion.job} with steps`);

  const file = (name: string): string => join(temp, name);
  for (const name of ['output', 'env', 'path', 'summary']) writeFileSync(file(name), '');
  writeFileSync(file('event.json'), JSON.stringify(occasion.event));
  const sha = occasion.source === undefined ? git('rev-parse', 'HEAD') : '0'.repeat(40);
  const github = {
    ...{ event: occasion.event, event_name: eventName, repository, ref, sha, actor: 'octocat', token: 'a-token' },
  };
  const steps: Record<string, { outputs: Texts }> = {};
  const base: Contexts = { github, vars: occasion.vars ?? {}, secrets: occasion.secrets ?? {}, steps };
  const contexts: Contexts = { ...base, inputs: occasion.inputs ?? {}, env: {} };
  const runsOn = fill(job['runs-on'], contexts);
  const results: StepResult[] = [];
  let log = '';
  let failed = false;
  if (job.if !== undefined && !holds(job.if, contexts)) return finish('skipped');

  const environment: Texts = {
    ...{ PATH: [...(occasion.path ?? []), process.env['PATH']].join(delimiter), HOME: userHome, LANG: 'C.UTF-8' },
    ...{ CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_EVENT_NAME: eventName, GITHUB_EVENT_PATH: file('event.json') },
    ...{ GITHUB_REPOSITORY: repository, GITHUB_REF: ref, GITHUB_SHA: sha, GITHUB_ACTOR: 'octocat' },
    ...{ GITHUB_WORKFLOW_REF: `${repository}/.github/workflows/${occasion.workflow}@${ref}`, GITHUB_RUN_ID: '1' },
    ...{ GITHUB_SERVER_URL: 'https://github.com', GITHUB_WORKSPACE: workspace, GITHUB_JOB: occasion.job },
    ...{ GITHUB_OUTPUT: file('output'), GITHUB_ENV: file('env'), GITHUB_PATH: file('path') },
    ...{ GITHUB_STEP_SUMMARY: file('summary'), RUNNER_TEMP: temp, RUNNER_OS: 'Linux', RUNNER_ARCH: 'X64' },
    ...(job.permissions['id-token'] === 'write'
      ? { ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:9/token', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'a-request-token' }
      : {}),
    ...occasion.environment,
  };
  for (const [name, value] of Object.entries(job.env ?? {})) environment[name] = fill(value, contexts);
  runAll(job.steps, occasion.inputs ?? {});
  return finish(failed ? 'red' : 'green');

  function runAll(all: readonly Step[], inputs: Texts): void {
    for (const step of all) {
      const now: Contexts = { ...base, inputs, env: environment };
      const name = step.name ?? step.uses ?? step.run!;
      if (failed || (step.if !== undefined && !holds(step.if, now))) results.push({ name, state: 'skipped' });
      else if (occasion.leaveOut?.includes(name)) results.push({ name, state: 'left out' });
      else if (step.uses?.startsWith('actions/checkout@')) checkOut(name, step.with ?? {});
      else if (step.uses?.startsWith('./')) {
        const action = parse(readFileSync(join(workspace, step.uses, 'action.yml'), 'utf8')) as { runs: Job };
        runAll(action.runs.steps, filled(step.with, now));
      } else if (step.uses) results.push({ name, state: 'left out', takes: taken(filled(step.with, now)) });
      else run(name, step, now);
    }
  }

  /** One commit without branch or history, as actions/checkout leaves it; with fetch-depth 0 the history. */
  function checkOut(name: string, { 'fetch-depth': depth = '1' }: Texts): void {
    const began = Date.now();
    if (occasion.source !== undefined) cpSync(occasion.source, workspace, { recursive: true });
    else fetch(String(depth) === '0' ? [] : [`--depth=${depth}`]);
    cpSync(join(root, '.github'), join(workspace, '.github'), { recursive: true });
    occasion.prepare?.(workspace);
    results.push({ name, state: 'done', seconds: (Date.now() - began) / 1000 });
  }

  function fetch(depth: string[]): void {
    git('init', '--quiet', workspace);
    git('-C', workspace, 'fetch', '--quiet', ...depth, `file://${root}`, sha);
    git('-C', workspace, 'checkout', '--quiet', '--detach', sha);
    git('-C', workspace, 'remote', 'add', 'origin', `https://github.com/${repository}`);
  }

  function run(name: string, step: Step, now: Contexts): void {
    const script = file(`step-${results.length}.sh`);
    writeFileSync(script, fill(step.run, now));
    writeFileSync(file('output'), '');
    // A runner's own default has no pipefail; `shell: bash` has.
    const [shell, ...args] =
      step.shell === 'bash' ? ['bash', '--noprofile', '--norc', '-eo', 'pipefail'] : ['bash', '-e'];
    if (step.shell !== undefined && step.shell !== 'bash') throw new Error(`${name}: shell ${step.shell}`);
    const began = Date.now();
    const { status, stdout } = spawnSync(shell, ['-c', '"$@" 2>&1', shell, shell, ...args, script], {
      cwd: workspace,
      env: { ...environment, ...filled(step.env, now) },
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    failed = status !== 0;
    results.push({
      name,
      state: failed ? 'failed' : 'done',
      exitCode: status ?? 255,
      seconds: (Date.now() - began) / 1000,
    });
    log += stdout;
    show(`── ${name}\n${stdout}`);
    if (step.id) steps[step.id] = { outputs: assignments('output') };
    Object.assign(environment, assignments('env'));
    const added = readFileSync(file('path'), 'utf8').split('\n').filter(Boolean).reverse();
    if (added.length > 0) environment['PATH'] = [...added, environment['PATH']].join(delimiter);
    writeFileSync(file('path'), '');
  }

  /** The lines NAME=VALUE of one of the runner's files. */
  function assignments(name: string): Texts {
    const lines = readFileSync(file(name), 'utf8').split('\n').filter(Boolean);
    for (const line of lines) if (!/^[\w-]+=/.test(line)) throw new Error(`${name}: not NAME=VALUE: ${line}`);
    return Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
  }

  function taken(values: Texts): Record<string, boolean> {
    const names = ['path', 'sarif_file'].flatMap((key) => values[key] ?? []);
    return Object.fromEntries(names.map((path) => [path, existsSync(join(workspace, path))]));
  }

  function filled(values: Texts | undefined, now: Contexts): Texts {
    return Object.fromEntries(Object.entries(values ?? {}).map(([key, value]) => [key, fill(value, now)]));
  }

  function finish(state: JobResult['state']): JobResult {
    const now = { ...contexts, env: {} };
    const outputs = state === 'green' ? filled(job!.outputs, now) : {};
    return { state, runsOn, steps: results, outputs, summary: readFileSync(file('summary'), 'utf8'), log, workspace };
  }
}

function git(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

if (import.meta.main) {
  const [given] = process.argv.slice(2);
  if (!given) {
    console.error('run-steps: name the JSON file of the occasion, see the head of this file');
    process.exit(2);
  }
  const result = runJob(JSON.parse(readFileSync(given, 'utf8')) as Occasion, (text) => process.stdout.write(text));
  const { state, runsOn, steps, outputs, summary, workspace } = result;
  for (const { name, state, exitCode, seconds, takes } of steps) {
    const notes = [
      exitCode !== undefined && `exit code ${exitCode}`,
      seconds !== undefined && `${seconds.toFixed(1)} s`,
    ];
    const paths = Object.entries(takes ?? {}).map(([path, there]) => `${path} ${there ? 'is there' : 'is MISSING'}`);
    console.log([state.padEnd(8), name, ...notes.filter(Boolean), ...paths].join('  '));
  }
  console.log(
    `job ${state}, on ${runsOn}; outputs ${JSON.stringify(outputs)}; summary ${summary.length} characters; in ${workspace}`,
  );
  process.exitCode = state === 'red' ? 1 : 0;
}
