/** Looks for a Dagger engine that runs already. Never starts one: a CLI that provisions may remove the engines of other versions. */
import { spawnSync } from 'node:child_process';

const runnerHost = '_EXPERIMENTAL_DAGGER_RUNNER_HOST';
/** An engine that takes longer to answer is no help, in milliseconds. */
const patience = 20_000;

/** Where the engine is, for the CLI's runner-host variable; or one line that says why there is none. */
export function findEngine(): { host: string } | { reason: string } {
  const version = spawnSync('dagger', ['version'], { encoding: 'utf8', timeout: patience });
  if (version.error) return { reason: 'no dagger on the PATH' };
  const host = process.env[runnerHost] ?? runningContainer(/v\d[\w.+-]*/.exec(version.stdout)?.[0]);
  if (!host) return { reason: 'dagger is on the PATH, but no engine of its version runs' };

  const answer = spawnSync('dagger', ['query', '--progress=plain'], {
    input: '{ version }',
    encoding: 'utf8',
    timeout: patience,
    env: { ...process.env, [runnerHost]: host, DAGGER_NO_UPDATE_CHECK: '1' },
  });
  if (answer.status === 0) return { host };
  const words = answer.stderr?.trim().split('\n').at(-1) ?? '';
  return { reason: `the Dagger engine at ${host} does not answer${words && `: ${words}`}` };
}

/** The container that the CLI of this version would use, if it runs. */
function runningContainer(version: string | undefined): string | undefined {
  if (!version) return undefined;
  const name = `dagger-engine-${version}`;
  const { status, stdout } = spawnSync('docker', ['ps', '--filter', `name=^${name}$`, '--format', '{{.Names}}'], {
    encoding: 'utf8',
    timeout: patience,
  });
  return status === 0 && stdout.trim() === name ? `docker-container://${name}` : undefined;
}
