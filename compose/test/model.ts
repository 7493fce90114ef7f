/** The rendered model of the stack: what Compose makes of its files, overlays and variables. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Service } from '../../gate/src/compose/model.ts';
import { today } from '../../gate/src/dates.ts';
import { loadPolicy, type Policy } from '../../gate/src/policy.ts';

export interface Model {
  services: Record<string, Service>;
  networks: Record<string, { internal?: boolean } | null>;
}

const directory = join(import.meta.dirname, '..');

const repository = join(directory, '..');

/** The repository's own policy. */
export const policy: Policy = await loadPolicy(repository, today());

/** Every way in which the files are meant to be put together. */
export const variants: Readonly<Record<string, readonly string[]>> = {
  server: ['compose.yaml'],
  laptop: ['compose.yaml', 'compose.build.yaml'],
  tls: ['compose.yaml', 'compose.tls.yaml'],
  'tls and Grafana': ['compose.yaml', 'compose.tls.yaml', 'compose.grafana.yaml'],
  'fire drill': ['compose.yaml', 'compose.drill.yaml'],
  'log drill': ['compose.yaml', 'compose.log-drill.yaml'],
};

/** What must be set, with values that only look right: as the stage config has them. */
export const settings: Readonly<Record<string, string>> = policy.stages.config.variables!;

/** Whether `docker compose` can be asked; rendering needs no daemon. */
export const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;

/** Renders with both colours. By Compose itself where it is installed, else by what follows here. */
export function render(files: readonly string[]): Model {
  return hasCompose ? renderWithCompose(files).model : renderHere(files);
}

export function renderWithCompose(
  files: readonly string[],
  environment: Readonly<Record<string, string>> = settings,
): { model: Model; warnings: string } {
  const { stdout, stderr, status } = spawnSync(
    'docker',
    [
      'compose',
      '--env-file',
      '/dev/null',
      '--profile',
      '*',
      ...files.flatMap((file) => ['-f', join(directory, file)]),
      'config',
      '--format',
      'json',
    ],
    { encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment } },
  );
  if (status !== 0) throw new Error(stderr);
  return { model: JSON.parse(stdout) as Model, warnings: stderr };
}

/** The part of Compose's merging that these files use: maps merge, lists of words replace one another, lists of mounts merge by target. */
export function renderHere(files: readonly string[]): Model {
  return files
    .map(
      (file) => parse(interpolate(readFileSync(join(directory, file), 'utf8'), settings), { merge: true }) as unknown,
    )
    .reduce(merge) as Model;
}

function merge(base: unknown, overlay: unknown, key?: string | number): unknown {
  if (isMap(base) && isMap(overlay)) {
    const merged: Record<string, unknown> = { ...base };
    for (const [name, value] of Object.entries(overlay)) {
      merged[name] = name in base ? merge(base[name], value, name) : value;
    }
    return merged;
  }
  if (Array.isArray(base) && Array.isArray(overlay) && (key === 'volumes' || key === 'ports')) {
    const target = (entry: unknown): unknown => (isMap(entry) ? entry['target'] : entry);
    const replaced = new Set(overlay.map(target));
    return [...(base as unknown[]).filter((entry) => !replaced.has(target(entry))), ...(overlay as unknown[])];
  }
  return overlay;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:?message}`, one inside the other; comments are left alone. */
export function interpolate(text: string, values: Readonly<Record<string, string>>): string {
  const variable = /\$\{([A-Z_]+)(?:(:?[-?])((?:[^${}]|\$(?!\{))*))?\}/g;
  const lines = text.split('\n').map((line) => {
    if (/^\s*#/.test(line)) return line;
    let before: string;
    do {
      before = line;
      line = line.replace(variable, (_, name: string, operator: string | undefined, rest: string | undefined) => {
        const value = values[name] ?? '';
        if (value !== '') return value;
        if (operator?.includes('?')) throw new Error(`required variable ${name} is missing a value: ${rest ?? ''}`);
        return rest ?? '';
      });
    } while (line !== before);
    return line;
  });
  return lines.join('\n');
}

/** All variables that the files mention. */
export function variablesOf(files: readonly string[]): Set<string> {
  const names = new Set<string>();
  for (const file of files) {
    const text = readFileSync(join(directory, file), 'utf8').replaceAll(/^\s*#.*$/gm, '');
    for (const [, name] of text.matchAll(/\$\{([A-Z_]+)/g)) names.add(name!);
  }
  return names;
}
