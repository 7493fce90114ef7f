/** What the rehearsal takes from its surroundings: images, and a registry that both this machine and the ephemeral host reach. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { builtIn, imageTable, parseOverrides } from '../../../dagger/src/images.ts';

const file = process.env['SLUICE_REHEARSAL_IMAGES'];

/** The table of images, with replacements of the same form as `dagger call --images`. */
export const images = file ? imageTable({ overrides: parseOverrides(readFileSync(file, 'utf8'), file) }) : builtIn;

/** SLUICE_REHEARSAL_REGISTRY=HOST:PORT[@ADDRESS]: with the address by which the ephemeral host reaches it, if no DNS knows it. */
export function registry(): { host: string; address?: string } {
  const [host, address] = (process.env['SLUICE_REHEARSAL_REGISTRY'] ?? '').split('@');
  return { host: host!, ...(address ? { address } : {}) };
}

/** Why no rehearsal can run here; undefined if one can. */
export function whyNot(): string | undefined {
  if (spawnSync('docker', ['info']).status !== 0) return 'no Docker daemon answers';
  if (spawnSync('ssh', ['-V']).status !== 0) return 'no ssh client is installed';
  if (!process.env['SLUICE_REHEARSAL_REGISTRY']) {
    return 'no registry: name one that takes pushes without a password in SLUICE_REHEARSAL_REGISTRY (HOST:PORT)';
  }
  if (!process.env['SLUICE_IMAGE']) return 'no image of the API: name one in SLUICE_IMAGE';
  return undefined;
}
