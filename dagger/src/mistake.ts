/** A user's mistake: one line that says what is wrong, where, and what to do. Ends the call with exit code 2, without a stack trace. */
export class Mistake extends Error {
  override name = 'Mistake';
}
