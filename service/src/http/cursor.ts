/** Keyset cursors: the key of the last row on a page, made opaque so that nobody builds on what is inside. */

/** 8 bytes in base64url. Keys count up from 1 and stay below 2^53, so the first eleven bits are zero: no word is taken for a cursor. Every such text stands for some key. */
export const CURSOR = /^A[AB][A-Za-z0-9_-]{8}[AEIMQUYcgkosw048]$/;

/** The cursor for the row with this key, a 64-bit integer in decimal. */
export function toCursor(key: string): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(key));
  return bytes.toString('base64url');
}

/** The key in a cursor. */
export function fromCursor(cursor: string): string {
  return Buffer.from(cursor, 'base64url').readBigInt64BE().toString();
}

/**
 * The `Link` header (RFC 8288) to the next page: the same path and filter with another cursor.
 *
 * @param url path and query of the request, of which only the path is taken
 * @param filter the checked query; members that are undefined are left out
 */
export function nextLink(
  url: string,
  filter: Readonly<Record<string, string | number | undefined>>,
  cursor: string,
): string {
  const [path = ''] = url.split('?', 1);
  let query = '';
  for (const [name, value] of Object.entries(filter)) {
    if (value !== undefined && name !== 'cursor') query += `${name}=${encodeURIComponent(String(value))}&`;
  }
  // One slash only: two would name a host.
  return `</${path.replace(/^\/+/, '')}?${query}cursor=${cursor}>; rel="next"`;
}
