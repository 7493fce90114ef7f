/** Which commit the source is, as the gate reads it from git's own files. */
import type { Call } from './call.ts';
import { gateContainer, sluice } from './gate.ts';
import { sourcePath } from './project.ts';
import { unread } from './source.ts';

export interface Checkout {
  /** The full hash; undefined outside git. */
  commit?: string;
  /** RFC 3339. Undefined where the commit's own object did not come along. */
  committedAt?: string;
  /** Every path that is not as the commit has it. Undefined where that can't be told. */
  changed?: string[];
}

export async function checkout(call: Call): Promise<Checkout> {
  const text = await gateContainer(call)
    .withMountedDirectory(sourcePath, call.source)
    .withExec(sluice('checkout', '--source', sourcePath, ...unread.map((pattern) => `--left-out=${pattern}`)))
    .stdout();
  return JSON.parse(text) as Checkout;
}

/** As verdict and image name it: the commit, with `-dirty` behind it where files differ; undefined outside git. */
export function revision({ commit, changed }: Checkout): string | undefined {
  return commit && changed && changed.length > 0 ? `${commit}-dirty` : commit;
}
