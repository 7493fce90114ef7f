/** Takes secrets out of text on its way to the log. */

const SECRETS: readonly (readonly [RegExp, string])[] = [
  // The password in a connection string or any other URL.
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/@]*@/gi, '$1:[redacted]@'],
  // What follows an authentication scheme, as in `Authorization: Bearer …`.
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]+/gi, '$1 [redacted]'],
  // Query strings: they may carry anything.
  [/(\/[^\s?"']*)\?[^\s"']*/g, '$1?[redacted]'],
];

/** The text with passwords of URLs, bearer tokens and query strings replaced by `[redacted]`. */
export function redacted(text: string): string {
  return SECRETS.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
}
