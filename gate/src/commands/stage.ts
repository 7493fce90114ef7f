/** `sluice stage`: one stage where it stands. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { today } from '../dates.ts';
import { interruptible } from '../host/interrupt.ts';
import { UsageError } from '../model.ts';
import { loadPolicy } from '../policy.ts';
import { openProject } from '../project.ts';
import { recordImage, recordImageFailure } from '../record-image.ts';
import { runStage } from '../run-stage.ts';
import { chooseStages, stages } from '../stages/index.ts';
import type { StageDefinition } from '../stages/stage.ts';
import type { Command } from './command.ts';

export default {
  name: 'stage',
  summary: 'run one stage here and leave its evidence, without judging it',
  usage: `Usage: sluice stage NAME [--source DIR] [--reports DIR] [--policy FILE]

Runs one stage and writes its reports and stage.json into DIR/NAME. Exit 0 whenever the evidence was written, whatever it
says: \`sluice gate\` decides. Ctrl-C ends the tool and everything it started.

${stages.map(({ name, summary }) => `  ${name.padEnd(11)}${summary}`).join('\n')}

  --source DIR     the repository                     (default: .)
  --reports DIR    where the evidence goes            (default: reports)
  --policy FILE    the policy                         (default: sluice.yaml in the repository)
  --image REF      the image that this runs in, as tag@digest; recorded only

  --vulnerability-db DIR  Trivy's database for deps and scan (DIR/db/trivy.db); without one deps asks the package manager
  --oci-archive FILE      the image for scan, sbom and dast, an OCI archive

The image that Dagger built, instead of the application's build:
  --oci-archive FILE      record this image
  --build-failure FILE    record that there is no image, FILE being the builder's log
  --started-at TIME       when the build began, RFC 3339    --duration-ms N   how long it took`,

  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        source: { type: 'string', default: '.' },
        reports: { type: 'string', default: 'reports' },
        policy: { type: 'string' },
        image: { type: 'string' },
        'oci-archive': { type: 'string' },
        'build-failure': { type: 'string' },
        'vulnerability-db': { type: 'string' },
        'started-at': { type: 'string' },
        'duration-ms': { type: 'string' },
      },
    });
    if (positionals.length !== 1) {
      const known = stages.map(({ name }) => name).join(', ');
      throw new UsageError(`name one stage: ${known}${positionals.length > 1 ? `, not ${positionals.join(' ')}` : ''}`);
    }
    const [stage] = chooseStages(positionals) as [StageDefinition];

    const when = {
      ...(values['started-at'] && { startedAt: values['started-at'] }),
      ...(values['duration-ms'] && { durationMs: Number(values['duration-ms']) }),
      ...(values.image && { image: values.image }),
    };
    if (stage.name !== 'build' && values['build-failure']) {
      throw new UsageError(`--build-failure belongs to the stage build, not ${stage.name}`);
    }
    if (values['oci-archive'] && stage.name !== 'build' && !stage.ofImage) {
      throw new UsageError(`--oci-archive belongs to the stages build, scan, sbom and dast, not ${stage.name}`);
    }
    if (values['oci-archive'] && stage.name === 'build') {
      recordImage(values.reports, values['oci-archive'], when);
      return 0;
    }
    if (values['build-failure']) {
      recordImageFailure(values.reports, values['build-failure'], when);
      return 0;
    }

    const project = openProject(values.source);
    const policy = await loadPolicy(project.root, today(), values.policy);
    return interruptible((signal) =>
      runStage(stage, project, policy.stages[stage.name], {
        reports: values.reports,
        signal,
        inputs: {
          ...(values['vulnerability-db'] && { vulnerabilityDb: resolve(values['vulnerability-db']) }),
          ...(values['oci-archive'] && { ociArchive: resolve(values['oci-archive']) }),
        },
        ...(values.image && { image: values.image }),
      }).then(() => 0),
    );
  },
} satisfies Command;
