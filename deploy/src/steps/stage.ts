/** stage: everything that the release needs is brought to the host and checked. Nothing that runs is touched. */
import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { unpackBundle } from '../bundle.ts';
import { mirror, treeHash } from '../files.ts';
import type { Host, Model } from '../host.ts';
import { mustBeReloadable } from '../nginx.ts';
import { type Plan, stackAfter, targetColour } from '../plan.ts';
import { type Credentials, Registry } from '../registry.ts';
import { repositoryOf, short } from '../release.ts';
import { without } from '../settings.ts';
import type { Step } from '../transaction.ts';

/** Services whose users notice when they are made anew. */
const interrupting = ['nginx', 'postgres'];

/** Credentials live in memory alone: a transaction that is mended after a crash only undoes, and needs none. */
export function stage(credentials?: Credentials): Step<Host, Plan> {
  return {
    name: 'stage',
    limit: 600,
    async do(host, plan) {
      await mustBeReloadable(host);
      plan.found.tree = plan.kept
        ? keptTree(host, plan)
        : await unpackBundle(
            host,
            await Registry.of(repositoryOf(plan.release.image), host.docker, credentials, host.signal),
            plan.release.bundle,
          );
      await fetchImage(host, plan.release.image, !plan.kept);
      await compare(host, plan);
      if (!plan.before) await makeSecrets(host, plan);
      const model = await host.model(stackAfter(host, plan));
      checkSecrets(model, plan);
      for (const image of imagesOf(plan, model)) await fetchImage(host, image, !plan.kept);
      // Where nothing runs yet, the files that containers mount are laid out at once.
      if (!plan.before) mirror(host.releaseDirectory(plan.release.bundle), host.paths.stack, ownFiles);
      return `${short(plan.release.image)} and its bundle ${short(plan.release.bundle)} for ${targetColour(plan)}`;
    },
    undo(host, plan) {
      const { record } = host;
      const kept =
        record && [record.current, ...record.history].some(({ release }) => release.bundle === plan.release.bundle);
      if (!kept && !plan.kept) rmSync(host.releaseDirectory(plan.release.bundle), { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

/** On an empty host the secrets are random. Beside a database that has passwords already they would be the wrong ones. */
async function makeSecrets(host: Host, plan: Plan): Promise<void> {
  const volumes = await host.docker.command(
    'volume',
    'ls',
    '--quiet',
    '--filter',
    `name=^${host.project}_postgres-data$`,
  );
  if (volumes.trim() !== '') return;
  const script = join(host.releaseDirectory(plan.release.bundle), 'compose/make-secrets.sh');
  await host.command(['sh', script, host.secretsDirectory], { ...process.env, SLUICE_ENV_FILE: '/dev/null' });
}

/** Files in the stack's directory that no release brings. */
export function ownFiles(path: string): boolean {
  return path === 'compose/.env';
}

/** A rollback asks no registry: it trusts what was verified when it came, if nobody has touched it since. */
function keptTree(host: Host, { release, kept }: Plan): string {
  const directory = host.releaseDirectory(release.bundle);
  if (!existsSync(directory)) throw new Error(`${directory} is gone: deploy the release instead`);
  const tree = treeHash(directory);
  if (tree !== kept!.tree)
    throw new Error(`${directory} was changed since it was deployed: deploy the release instead`);
  return tree;
}

async function fetchImage(host: Host, image: string, mayPull: boolean): Promise<void> {
  if (await host.docker.imageId(image)) return;
  if (!mayPull) throw new Error(`the image ${image} is no longer on the host: deploy the release instead`);
  await host.docker.command('pull', '--quiet', image);
}

/** Finds out what changes: the API or only its surroundings, and whether somebody would notice. */
async function compare(host: Host, plan: Plan): Promise<void> {
  const { before } = plan;
  plan.found.swap = before !== undefined && before.release.image !== plan.release.image;
  plan.found.interrupted = [];
  if (!before) return;
  const hashes = await host.hashes(stackAfter(host, plan));
  const containers = await host.docker.containers(host.project);
  const changed = (service: string): boolean =>
    containers.some(
      ({ labels }) =>
        labels['com.docker.compose.service'] === service &&
        labels['com.docker.compose.config-hash'] !== hashes.get(service),
    );
  if (!plan.found.swap)
    plan.found.swap = changed(`api-${before.colour}`) || !(await host.container(`api-${before.colour}`))?.running;
  plan.found.interrupted = interrupting.filter(changed);
  if (plan.found.interrupted.length > 0 && !plan.interrupt) {
    throw new Error(
      `${plan.found.interrupted.join(' and ')} would be made anew, and for some seconds nobody be served: give --allow-interruption to do it`,
    );
  }
}

/** Each secret file that the release's services read is there and closed to others. */
function checkSecrets(model: Model, plan: Plan): void {
  const left = without(plan.settings);
  const wanted = Object.entries(model.services)
    .filter(([name]) => !left.has(name))
    .flatMap(([, service]) => service.secrets?.map(({ source }) => source) ?? []);
  const problems = [...new Set(wanted)].flatMap((name) => secretProblem(model.secrets?.[name]?.file ?? name));
  if (problems.length > 0) throw new Error(problems.join('; '));
}

export function secretProblem(file: string): string[] {
  if (!existsSync(file)) return [`the secret ${file} is missing`];
  const mode = statSync(file).mode & 0o077;
  return mode === 0 ? [] : [`the secret ${file} is open to others: chmod 0400`];
}

/** Images of the services that run on this host; the other colour's is there, or is of no use any more. */
function imagesOf(plan: Plan, model: Model): string[] {
  const left = without(plan.settings);
  const idle = targetColour(plan) === 'blue' ? 'api-green' : 'api-blue';
  return [
    ...new Set(
      Object.entries(model.services)
        .filter(([name]) => !left.has(name) && name !== idle)
        .map(([, { image }]) => image),
    ),
  ];
}
