/** The self-test on the engine: runs each stage on projects whose verdict is known, and lets the gate compare. */
import { dag, type Directory } from '@dagger.io/dagger';
import { openCall, type Settings } from './call.ts';
import { gateContainer, sluice } from './gate.ts';
import { Mistake } from './mistake.ts';
import { startRun } from './run.ts';
import { stages } from './stages/index.ts';
import { runStage } from './stages/stage.ts';

/** A row of the gate's table, as `sluice self-test --plan` prints it. */
interface Row {
  name: string;
  stage: string;
  project?: string;
  files?: Record<string, string | null>;
  policy?: string;
  idleProgram?: string;
}

/** More at once would only stand in each other's way: every row starts containers of its own. */
const atOnce = 4;

/**
 * Runs the rows of the stages (default: of all) and gives the table; ends with exit code 1 where a gate did not bite.
 * @throws Mistake for a stage that there is not
 */
export async function selfTest(settings: Settings, only: string[]): Promise<string> {
  const unknown = only.find((name) => !stages.some((stage) => stage.name === name));
  if (unknown !== undefined) {
    throw new Mistake(`no stage "${unknown}": there is ${stages.map(({ name }) => name).join(', ')}`);
  }
  const projects = dag.currentModule().source().directory('../gate/self-test');
  const call = await openCall(settings, projects.directory('project'));
  const chosen = only.flatMap((name) => ['--stage', name]);
  const plan = await gateContainer(call)
    .withExec(sluice('self-test', '--plan', ...chosen))
    .stdout();

  const queue = JSON.parse(plan) as Row[];
  let evidence = dag.directory();
  const worker = async () => {
    for (let row = queue.shift(); row; row = queue.shift()) {
      const left = await evidenceOf(row, settings, projects);
      evidence = evidence.withDirectory(row.name, left);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return gateContainer(call)
    .withMountedDirectory('/evidence', evidence)
    .withExec(sluice('self-test', '--evidence', '/evidence', ...chosen))
    .stdout();
}

/** What the row's stage leaves. It always runs: a test is no test if it is answered from before. */
async function evidenceOf(row: Row, settings: Settings, projects: Directory): Promise<Directory> {
  const source = Object.entries(row.files ?? {}).reduce(
    (each, [path, text]) => (text === null ? each.withoutFile(path) : each.withNewFile(path, text)),
    projects.directory(row.project ?? 'project'),
  );
  const policy = dag
    .directory()
    .withNewFile('sluice.yaml', row.policy ?? '')
    .file('sluice.yaml');
  const call = await openCall(settings, source, policy);
  const run = { ...(await startRun(call)), ...(row.idleProgram && { idleProgram: row.idleProgram }) };
  return runStage(
    stages.find(({ name }) => name === row.stage)!,
    run,
    run.startedAt.toISOString(),
  );
}
