/** Keyset cursors: the key of the last row on a page, made opaque so that nobody builds on what is inside. */

const SHAPE = /^[A-Za-z0-9_-]{11}$/;

/** The cursor for the row with this key, a 64-bit integer in decimal. */
export function toCursor(key: string): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(key));
  return bytes.toString('base64url');
}

/** Whether the text can be a cursor: 8 bytes in base64url. Every such text stands for some key, and none can do harm. */
export function isCursor(text: string): boolean {
  return SHAPE.test(text);
}

/** The key in a cursor. */
export function fromCursor(cursor: string): string {
  return Buffer.from(cursor, 'base64url').readBigInt64BE().toString();
}

/**
 * The `Link` header (RFC 8288) to the next page: the request's own URL with the cursor replaced.
 *
 * @param url path and query of the request
 */
export function nextLink(url: string, cursor: string): string {
  const next = new URL(url, 'http://service');
  next.searchParams.set('cursor', cursor);
  return `<${next.pathname}${next.search}>; rel="next"`;
}
