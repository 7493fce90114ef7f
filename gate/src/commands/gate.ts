/** `sluice gate`: reports in, one verdict out. */
import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { baseIn } from '../baseline.ts';
import { dayOr } from '../dates.ts';
import { collectEvidence } from '../evidence.ts';
import { exitCodes, type RunnerName, UsageError } from '../model.ts';
import { loadPolicy } from '../policy.ts';
import { hasColours, renderTerminal } from '../render/terminal.ts';
import { chooseStages } from '../stages/index.ts';
import { revisionOf, subjectName } from '../subject.ts';
import { pageFile, writeVerdict } from '../verdict-file.ts';
import { decide } from '../verdict.ts';
import type { Command } from './command.ts';

export default {
  name: 'gate',
  summary: 'judge the reports of the stages: one verdict',
  usage: `Usage: sluice gate [--reports DIR] [FLAGS]

Reads DIR/<stage>/stage.json and the reports beside it, judges them by the policy, writes DIR/verdict.json, DIR/summary.md,
DIR/index.html and DIR/sluice.sarif, and prints the verdict.

  --reports DIR          the reports                                          (default: reports)
  --source DIR           the repository that was judged                       (default: .)
  --policy FILE          the policy                                           (default: sluice.yaml in the repository)
  --stage NAME           judge only this stage; may be repeated. Such a verdict can't publish
  --runner NAME          who ran the stages: host (a preview) or dagger       (default: host)
  --strict               in a preview, count a required stage that was not run as broken
  --today YYYY-MM-DD     the day on which waivers hold or not                 (default: today, UTC)
  --name NAME            what is judged       (default: project.name in the policy, else the name in package.json)
  --revision REVISION    which revision of it (default: the commit that is checked out, -dirty behind it where files differ)
  --image-digest DIGEST  of the image that was built      (default: what the stage build recorded)
  --images FILE          the table of images that was used; the verdict carries its hash
  --base FILE            the sluice.sarif of the base branch: findings are marked new or known, and with \`block: new\` in the
                         policy only new ones block. Such a verdict can't publish

Exit codes: 0 passed, 1 failed, 2 usage or policy error, 3 broken.`,

  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        reports: { type: 'string', default: 'reports' },
        source: { type: 'string', default: '.' },
        policy: { type: 'string' },
        stage: { type: 'string', multiple: true },
        runner: { type: 'string', default: 'host' },
        strict: { type: 'boolean', default: false },
        today: { type: 'string' },
        name: { type: 'string' },
        revision: { type: 'string' },
        'image-digest': { type: 'string' },
        images: { type: 'string' },
        base: { type: 'string' },
      },
    });
    const { reports, source, strict } = values;
    const runner = asRunner(values.runner);
    const chosen = chooseStages(values.stage);
    const day = dayOr(values.today);
    const policy = await loadPolicy(source, day, values.policy);
    const images = values.images === undefined ? undefined : await hashOf(values.images);
    const base = values.base === undefined ? undefined : await baseIn(values.base);
    if (!(await isFolder(reports))) throw new UsageError(`no reports in ${reports}: name their folder with --reports`);

    const root = resolve(source);
    const roots = [root, await realpath(root).catch(() => root)];
    const imageDigest = values['image-digest'];
    const verdict = decide({
      stages: await Promise.all(
        chosen.map(async (definition) => ({
          definition,
          evidence: await collectEvidence(join(reports, definition.name), definition, policy.stages[definition.name], {
            roots,
            directory: policy.stages[definition.name].directory,
          }),
        })),
      ),
      policy,
      subject: {
        name: values.name ?? (await subjectName(source, policy.project.name)),
        revision: values.revision ?? (await revisionOf(source)),
        ...(imageDigest !== undefined && { imageDigest }),
      },
      runner,
      strict,
      ...(values.stage && { only: chosen.map(({ name }) => name) }),
      ...(images !== undefined && { images }),
      ...(base && { base }),
      day,
      finishedAt: new Date(),
    });

    await writeVerdict(reports, verdict);
    const page = join(reports, pageFile);
    process.stdout.write(renderTerminal(verdict, { colours: hasColours(process.stdout), page }));
    return exitCodes[verdict.status];
  },
} satisfies Command;

function asRunner(name: string): RunnerName {
  if (name === 'host' || name === 'dagger') return name;
  throw new UsageError(`--runner takes host or dagger, not ${name}`);
}

async function hashOf(file: string): Promise<string> {
  try {
    return createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
  } catch (error) {
    throw new UsageError(`cannot read the table of images ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}
