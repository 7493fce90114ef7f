/** What the caller can put right: one line that says what is wrong, where, and what to do. Nothing was touched. */
export class Mistake extends Error {
  override name = 'Mistake';
}
