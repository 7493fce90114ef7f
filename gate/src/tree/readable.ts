/** What a scanner of text is shown of a file: scanners leave out what looks binary, and secrets lie there as well. */

/** So much of the beginning decides, as Trivy does it. */
const head = 300;

/** The bytes of a text; UTF-16 as UTF-8; of anything else the printable parts, a line each. */
export function readable(bytes: Buffer): Buffer | string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le', 2);
  if (bytes[0] === 0xfe && bytes[1] === 0xff)
    return Buffer.from(bytes.subarray(2, bytes.length & ~1))
      .swap16()
      .toString('utf16le');
  if (!bytes.subarray(0, head).some(isControl)) return bytes;
  return bytes.toString('latin1').replaceAll(/[^\t\n\r\x20-\x7e]+/g, '\n');
}

function isControl(byte: number): boolean {
  return (byte < 0x20 && ![7, 8, 9, 10, 12, 13, 27].includes(byte)) || byte === 0x7f;
}
