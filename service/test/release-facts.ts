/** The body of a PUT of a release, for tests, faults and benchmark alike. (It imports nothing: Jest and Node name imports differently.) */

/** The facts of a release that passed, with changes. */
export function releaseFacts(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    version: '1.4.2',
    commit: '3f2a9c1d5b7e8f60718293a4b5c6d7e8f9012345',
    committedAt: '2026-11-22T07:30:00.000Z',
    repository: 'https://github.com/acme/checkout',
    verdict: {
      status: 'passed',
      counts: { critical: 0, high: 0, medium: 2 },
      policy: 'a1'.repeat(32),
      finishedAt: '2026-11-22T07:41:12.000Z',
    },
    sbomDigest: `sha256:${'5b'.repeat(32)}`,
    ...changes,
  };
}
