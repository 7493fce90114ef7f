/** `sluice ci`: every stage, one verdict. Through Dagger where an engine answers, else what a bare machine can run, as a preview. */
import { parseArgs } from 'node:util';
import { baseIn } from '../baseline.ts';
import { findEngine } from '../host/engine.ts';
import { runWithDagger } from '../host/run-with-dagger.ts';
import { runHere } from '../host/run-here.ts';
import { UsageError } from '../model.ts';
import { chooseStages } from '../stages/index.ts';
import type { Command } from './command.ts';

export default {
  name: 'ci',
  summary: 'run every stage and give the verdict',
  usage: `Usage: sluice ci [--source DIR] [--policy FILE] [--reports DIR] [--runner auto|dagger|host]
                 [--stage NAME]… [--strict] [--base FILE]

Runs all stages through Dagger where \`dagger\` is on the PATH and its engine answers; otherwise runs here what needs no container
and says so: such a verdict is a preview, which counts only the stages that ran and can publish nothing.

  --source DIR     the repository                                                  (default: .)
  --policy FILE    the policy                                                      (default: sluice.yaml in the repository)
  --reports DIR    where reports, summary.md, index.html and verdict.json go       (default: reports)
  --runner NAME    auto, dagger or host                                            (default: auto)
  --stage NAME     run only this stage, here; may be repeated. With Dagger: dagger call NAME
  --strict         in a preview, count a stage that was not run as broken
  --base FILE      the sluice.sarif of the base branch: findings are marked new or known, and with \`block: new\` in the policy only
                   new ones block

Exit codes: 0 passed, 1 failed, 2 usage or policy error, 3 broken.`,

  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        source: { type: 'string', default: '.' },
        policy: { type: 'string' },
        reports: { type: 'string', default: 'reports' },
        runner: { type: 'string', default: 'auto' },
        stage: { type: 'string', multiple: true },
        strict: { type: 'boolean', default: false },
        base: { type: 'string' },
      },
    });
    const { source, policy, reports, runner, stage, strict, base } = values;
    if (!['auto', 'dagger', 'host'].includes(runner)) {
      throw new UsageError(`--runner takes auto, dagger or host, not ${runner}`);
    }
    // Before anything runs: a pipeline's minutes are no price for a mistyped path.
    if (base !== undefined) await baseIn(base);
    const options = {
      ...{ source, reports, strict, stages: chooseStages(stage) },
      ...(policy && { policy }),
      ...(base !== undefined && { base }),
    };
    if (stage && runner === 'dagger') throw new UsageError(`one stage in Dagger is: dagger call ${stage[0]}`);
    if (stage) return runHere(options, 'only the stages that were asked for');
    if (runner === 'host') return runHere(options, 'asked for with --runner host');

    const engine = findEngine();
    if ('host' in engine) return runWithDagger(options, engine.host);
    if (runner === 'dagger') throw new UsageError(engine.reason);
    return runHere(options, engine.reason);
  },
} satisfies Command;
