/** Why a release could not be made or trusted: one line for people, exit 1, no stack trace. */
export class ReleaseFailure extends Error {
  override name = 'ReleaseFailure';
}
