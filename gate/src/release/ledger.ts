/** Tells the release ledger of a release. The same facts again change nothing there, so asking twice is safe. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Verdict } from '../model.ts';

export interface LedgerEntry {
  verdict: Verdict;
  digest: string;
  version: string;
  commit: string;
  committedAt: string;
  /** Address of the source. */
  source: string;
  /** sha256:…; null where the release has none. */
  sbomDigest: string | null;
}

const attempts = 4;

/** Records it. Gives undefined, or in one line why that failed: the release is published all the same. */
export async function recordRelease(
  url: string,
  token: string,
  entry: LedgerEntry,
  pauseMs = 1000,
): Promise<string | undefined> {
  const { verdict, digest, version, commit, committedAt, source, sbomDigest } = entry;
  const address = `${url.replace(/\/+$/, '')}/v1/services/${encodeURIComponent(verdict.subject.name)}/releases/${digest}`;
  const body = JSON.stringify({
    ...{ version, commit, committedAt, repository: source, sbomDigest },
    verdict: {
      status: verdict.status,
      counts: verdict.findings,
      policy: verdict.policy,
      finishedAt: verdict.finishedAt,
    },
  });
  let reason = '';
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if (attempt > 1) await sleep(pauseMs * 2 ** (attempt - 2));
    try {
      const answer = await fetch(address, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body,
        signal: AbortSignal.timeout(15_000),
      });
      if (answer.ok) return undefined;
      reason = `it answers ${answer.status}${await detail(answer)}`;
      if (answer.status < 500 && answer.status !== 429) break;
    } catch (error) {
      const { cause, message } = error as Error & { cause?: { code?: string } };
      reason = `it can't be reached (${cause?.code ?? message})`;
    }
  }
  return reason;
}

/** The title of a problem document (RFC 9457). */
async function detail(answer: Response): Promise<string> {
  try {
    const { title, detail } = (await answer.json()) as { title?: string; detail?: string };
    return `: ${(detail ?? title ?? '').split('\n')[0]!.slice(0, 200)}`;
  } catch {
    return '';
  }
}
