/** Nginx is told where to send requests: files in place, a test, a reload; started where it does not run. */
import { join } from 'node:path';
import { CommandFailed } from './command.ts';
import { mirror } from './files.ts';
import type { Host } from './host.ts';
import type { Colour, Release } from './release.ts';
import { upstreamText, writeUpstream } from './serving.ts';

/**
 * Points Nginx at a colour with a release's configuration. `up` starts it by Compose where it does not run, or must be made `anew`.
 * Throws where its own test fails; it then still works as before.
 */
export async function point(
  host: Host,
  release: Release,
  colour: Colour,
  up: () => Promise<unknown>,
  anew = false,
): Promise<void> {
  mirror(join(host.releaseDirectory(release.bundle), 'compose/nginx'), join(host.paths.stack, 'compose/nginx'));
  writeUpstream(host, colour);
  const nginx = await host.container('nginx');
  if (!nginx?.running || anew) await up();
  else await reload(host, nginx.name, colour);
}

/** Never without a test: a reload with a broken file would keep the old configuration and say so only in a log. */
async function reload(host: Host, nginx: string, colour: Colour): Promise<void> {
  const seen = await host.docker.command('exec', nginx, 'cat', '/etc/sluice/upstream/active.conf');
  if (seen !== upstreamText(colour)) {
    throw new Error(`Nginx does not see ${host.paths.upstream}: it was started by something else than deploy`);
  }
  const refusal = await refusalOf(host, nginx);
  if (refusal) throw new Error(`Nginx refuses its configuration: ${refusal}`);
  await host.docker.command('exec', nginx, 'nginx', '-e', '/dev/stderr', '-s', 'reload');
}

/**
 * What a file on the host breaks, such as a certificate, would break the way back too: so it is looked at before anything is touched.
 * Throws where Nginx runs and could not be reloaded as it is.
 */
export async function mustBeReloadable(host: Host): Promise<void> {
  const nginx = await host.container('nginx');
  const refusal = nginx?.running ? await refusalOf(host, nginx.name) : undefined;
  if (refusal) throw new Error(`Nginx refuses the configuration that it has: ${refusal}; mend that first`);
}

/** Why Nginx would not start with the files as they are, in its own words; undefined where it would. */
async function refusalOf(host: Host, nginx: string): Promise<string | undefined> {
  try {
    await host.docker.command('exec', nginx, 'nginx', '-e', '/dev/stderr', '-t', '-q');
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    // Its last line only says that the test failed.
    return /\[emerg\] (?:\d+#\d+: )?(.*)/.exec(error.outcome.stderr)?.[1] ?? error.message;
  }
}
