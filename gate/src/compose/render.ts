/** Has Compose itself render Compose files, and keeps what the rules read: no value of a variable, no path of this machine. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, posix, relative } from 'node:path';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { Service } from './model.ts';

/** What Compose made of some files together, or why it made nothing. */
export interface RenderedSet {
  /** In Compose's own order, the base first; relative to the root of the source. */
  files: string[];
  services?: RenderedService[];
  failure?: string;
}

export interface RenderedService {
  name: string;
  /** Where it is first defined; an included file is not among the set's, and then it is the first of those. */
  file: string;
  line?: number;
  definition: Service;
}

/** Compose files by name; `compose.tls.yaml` beside `compose.yaml` is an overlay of it. */
const named = /^(docker-)?compose(\..+)?\.ya?ml$/;
const base = /^(docker-)?compose\.ya?ml$/;

export function isComposeFile(path: string): boolean {
  return named.test(basename(path));
}

/** How files found by name belong together: each base alone (with its override, as Compose does it), and with each overlay beside it. */
export function composeSets(files: string[]): string[][] {
  const composeFiles = files.filter(isComposeFile);
  const isBase = (path: string) => base.test(basename(path));
  return composeFiles.map((path) => {
    if (isBase(path)) return [path];
    const below = composeFiles.find((other) => isBase(other) && dirname(other) === dirname(path));
    return below === undefined ? [path] : [below, path];
  });
}

/** Compose version 2 or newer as a command, or undefined where there is none. */
export function composeCommand(): string[] | undefined {
  return [['docker-compose'], ['docker', 'compose']].find(([program, ...args]) => {
    const { status, stdout } = spawnSync(program!, [...args, 'version', '--short'], { encoding: 'utf8' });
    return status === 0 && /^v?([2-9]|\d\d)/.test(stdout);
  });
}

/** Renders a set with every profile. Neither `.env` nor this machine's environment has a say: `variables` does. */
export function renderSet(
  compose: string[],
  root: string,
  files: string[],
  variables: Record<string, string> = {},
): RenderedSet {
  const missing = files.find((file) => !existsSync(join(root, file)));
  if (missing !== undefined) return { files, failure: `there is no ${missing} (stages.config.compose)` };
  const [program, ...args] = [
    ...[...compose, '--env-file', '/dev/null', '--profile', '*', '--project-name', 'sluice'],
    ...files.flatMap((file) => ['--file', join(root, file)]),
    ...['config', '--format', 'json', '--no-env-resolution'],
  ];
  const { status, stdout, stderr, error } = spawnSync(program!, args, {
    encoding: 'utf8',
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...variables },
    timeout: 60_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error || status !== 0) return { files, failure: failureOf(error?.message ?? stderr, root) };
  try {
    const { services = {} } = JSON.parse(stdout) as { services?: Record<string, Service> };
    return {
      files,
      services: Object.entries(services).map(([name, definition]) => ({
        name,
        ...placeOf(name, root, files),
        definition: readByRules(definition, root),
      })),
    };
  } catch (problem) {
    return { files, failure: `Compose's model is not JSON: ${(problem as Error).message}` };
  }
}

/** Compose names all that it misses, a line each; the first says enough. */
function failureOf(text: string, root: string): string {
  const line =
    text
      .trim()
      .split('\n')
      .find((each) => !/level=warning/.test(each)) ?? 'it said nothing';
  const hint = /required variable (\w+) is missing/.exec(line)?.[1];
  const plain = line.replaceAll(`${root}/`, '');
  return hint === undefined ? plain : `${plain}; sluice.yaml gives it a value by stages.config.variables.${hint}`;
}

function placeOf(service: string, root: string, files: string[]): { file: string; line?: number } {
  for (const file of files) {
    const lines = new LineCounter();
    const document = parseDocument(readFileSync(join(root, file), 'utf8'), { lineCounter: lines });
    const services: unknown = document.get('services');
    if (!isMap(services)) continue;
    const key = services.items.map((item) => item.key).find((each) => isScalar(each) && each.value === service);
    if (isScalar(key) && key.range) return { file, line: lines.linePos(key.range[0]).line };
  }
  return { file: files[0]! };
}

/** Keys are named, not left out: what is added to the model later stays out of reports until someone has looked at it. */
function readByRules(service: Service, root: string): Service {
  const { environment, volumes, build, logging, ...rest } = service;
  const kept: Service = {};
  const keys = [
    ...(['image', 'user', 'read_only', 'privileged', 'network_mode', 'pid', 'ipc', 'cap_add', 'cap_drop'] as const),
    ...(['security_opt', 'mem_limit', 'cpus', 'pids_limit', 'restart', 'networks', 'ports'] as const),
  ];
  for (const key of keys) if (rest[key] !== undefined) Object.assign(kept, { [key]: rest[key] });
  const limits = rest.deploy?.resources?.limits;
  if (limits) kept.deploy = { resources: { limits } };
  if (build !== undefined) kept.build = true;
  if (rest.healthcheck) {
    const { test = [], disable } = rest.healthcheck;
    // Commands may hold passwords: that there is one is all that counts.
    kept.healthcheck = { test: test.length > 0 ? ['…'] : [], ...(disable !== undefined && { disable }) };
  }
  if (logging) {
    const { 'max-size': size, 'max-file': file } = logging.options ?? {};
    // The options of some drivers are tokens.
    kept.logging = {
      ...(logging.driver !== undefined && { driver: logging.driver }),
      options: { ...(size !== undefined && { 'max-size': size }), ...(file !== undefined && { 'max-file': file }) },
    };
  }
  if (environment) {
    kept.environment = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value ? '…' : '']));
  }
  if (volumes) {
    kept.volumes = volumes.map((mount) =>
      typeof mount === 'string'
        ? mount
        : {
            type: mount.type,
            ...(mount.source !== undefined && { source: inside(mount.source, root) }),
            target: mount.target,
            ...(mount.read_only !== undefined && { read_only: mount.read_only }),
          },
    );
  }
  return kept;
}

function inside(path: string, root: string): string {
  return path.startsWith(`${root}/`) ? posix.normalize(relative(root, path)) : path;
}
