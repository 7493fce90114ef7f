/** From a run to its verdict: the stages side by side, then the gate over what they left. */
import { type Container, dag, type Directory, type File, ReturnType } from '@dagger.io/dagger';
import { revision } from './checkout.ts';
import { brokenStages, isOlder } from './evidence.ts';
import { gateContainer, sluice } from './gate.ts';
import { named } from './progress.ts';
import { sourcePath } from './project.ts';
import type { Run } from './run.ts';
import { stages } from './stages/index.ts';
import { reportsPath, runStage, type Stage } from './stages/stage.ts';

/** Seen from the root, in which the gate runs: its summary then names the folder as a user who exports it sees it. */
const reports = 'reports';

/**
 * Runs stages and judges them: a container whose reports folder holds every report and the verdict. `base` is the sluice.sarif that
 * findings are compared with.
 */
export async function judge(run: Run, chosen: Stage[], base?: File): Promise<Container> {
  const evidence = await collect(chosen, (stage) => runStage(stage, run));
  const judged = await verdictOver(run, evidence, chosen, base);
  const stale = await servedBroken(run, judged);
  if (stale.length === 0) return judged;
  // The engine caches a finished step whatever it reported, and a crash is no answer: try once more what an earlier call left broken.
  const again = chosen.filter(({ name }) => stale.includes(name));
  const retried = await collect(again, (stage) => runStage(stage, run, run.startedAt.toISOString()));
  return verdictOver(
    run,
    again.reduce((all, { name }) => all.withoutDirectory(name), evidence).withDirectory('.', retried),
    chosen,
    base,
  );
}

/**
 * Prints the verdict and ends with its exit code, which only a step left uncaught can hand on. `reportsBy` is the command that
 * exports the reports.
 */
export function announce(judged: Container, reportsBy?: string): Promise<string> {
  const verdict = sluice('verdict', '--reports', reports);
  const script = `"$@"; code=$?; echo 'reports: ${reportsBy}'; exit $code`;
  return judged.withExec(reportsBy ? ['sh', '-c', script, 'sh', ...verdict] : verdict).stdout();
}

async function collect(stages: Stage[], run: (stage: Stage) => Promise<Directory>): Promise<Directory> {
  const folders = await Promise.all(stages.map(run));
  return folders.reduce((all, folder) => all.withDirectory('.', folder), dag.directory());
}

function verdictOver(run: Run, evidence: Directory, chosen: Stage[], base?: File): Promise<Container> {
  return named('verdict', async () => {
    const judgedRevision = revision(await run.checkout());
    const judging = gateContainer(run)
      .withWorkdir('/')
      .withMountedDirectory(sourcePath, run.source)
      .withNewFile('/images.json', JSON.stringify(run.images, null, 2))
      .withDirectory(reportsPath, evidence)
      .with((container) => (run.policy ? container.withMountedFile('/policy/sluice.yaml', run.policy) : container))
      .with((container) => (base ? container.withMountedFile('/base.sarif', base) : container));
    const command = sluice(
      ...['gate', '--reports', reports, '--source', sourcePath, '--runner', 'dagger', '--images', '/images.json'],
      // Part of the cache key: tomorrow another waiver may have expired.
      ...['--today', run.startedAt.toISOString().slice(0, 10)],
      ...(run.policy ? ['--policy', '/policy/sluice.yaml'] : []),
      ...(base ? ['--base', '/base.sarif'] : []),
      ...(judgedRevision ? ['--revision', judgedRevision] : []),
      ...(chosen.length < stages.length ? chosen.flatMap(({ name }) => ['--stage', name]) : []),
    );
    const judged = await judging.withExec(command, { expect: ReturnType.Any }).sync();
    // Without a verdict there is nothing to go on with: let the step itself end the call.
    return (await judged.exitCode()) === 2 ? judging.withExec(command).sync() : judged;
  });
}

/** The broken stages whose evidence an earlier call left in the engine's cache. */
async function servedBroken(run: Run, judged: Container): Promise<string[]> {
  const names = brokenStages(await judged.file(`${reportsPath}/verdict.json`).contents());
  const older = await Promise.all(
    names.map(async (name) => {
      const record = `${reportsPath}/${name}/stage.json`;
      return (await judged.exists(record)) && isOlder(await judged.file(record).contents(), run.startedAt);
    }),
  );
  return names.filter((_, index) => older[index]);
}
