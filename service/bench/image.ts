/** Asks the container engine for the size of the ledger's image, where it has one. */
import { execFileSync } from 'node:child_process';

/** The name that compose/ gives a locally built image; another one in SLUICE_IMAGE. */
const DEFAULT = 'release-ledger:dev';

/** Megabytes as gzip would send them; undefined without an engine or an image. */
export function imageSize(): number | undefined {
  const image = process.env['SLUICE_IMAGE'] ?? DEFAULT;
  try {
    const bytes = execFileSync('sh', ['-c', 'docker save "$0" | gzip -6 | wc -c', image], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    // An image that is not there leaves an empty archive behind.
    return Number(bytes) > 1e6 ? Number(bytes) / 1e6 : undefined;
  } catch {
    return undefined;
  }
}
