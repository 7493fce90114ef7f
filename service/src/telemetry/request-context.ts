/** Carries the id of the request being served to whatever runs on its behalf, the database layer included. */
import { AsyncLocalStorage } from 'node:async_hooks';

const requestIds = new AsyncLocalStorage<string>();

/** Runs `work` so that {@link currentRequestId} answers `requestId` in it and in everything it starts. */
export function withRequestId(requestId: string, work: () => void): void {
  requestIds.run(requestId, work);
}

/** The id of the request on whose behalf the caller runs; undefined outside any request. */
export function currentRequestId(): string | undefined {
  return requestIds.getStore();
}
