/** The tar format, as far as image layers and layouts need it: headers read and written, and all times of an archive set to one. */
import { Transform, type TransformCallback } from 'node:stream';

export const blockSize = 512;

export interface TarEntry {
  name: string;
  size: number;
  /** POSIX's letter for what it is: 0 a file, 5 a folder, x and g records about what follows. */
  type: string;
  /** Seconds since 1970. */
  modifiedAt: number;
}

/** The length of what a size occupies: whole blocks. */
export function padded(size: number): number {
  return Math.ceil(size / blockSize) * blockSize;
}

/** Undefined for the empty block that ends an archive. @throws Error for what is no header */
export function readHeader(block: Buffer): TarEntry | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  if (checksum(block) !== number(block, 148, 8)) throw new Error('not a tar archive, or a damaged one');
  const prefix = block.toString('latin1', 257, 262) === 'ustar' ? text(block, 345, 155) : '';
  const name = text(block, 0, 100);
  return {
    name: prefix ? `${prefix}/${name}` : name,
    size: number(block, 124, 12),
    type: String.fromCharCode(block[156]! || 48),
    modifiedAt: number(block, 136, 12),
  };
}

/** The header of a plain file that everybody may read, of no owner and no time. */
export function header({ name, size, mode = 0o644 }: { name: string; size: number; mode?: number }): Buffer {
  if (Buffer.byteLength(name) > 100) throw new Error(`the name is too long for the archive: ${name}`);
  const block = Buffer.alloc(blockSize);
  block.write(name, 0);
  writeNumber(block, 100, 8, mode);
  writeNumber(block, 108, 8, 0);
  writeNumber(block, 116, 8, 0);
  writeNumber(block, 124, 12, size);
  writeNumber(block, 136, 12, 0);
  block.write('0', 156);
  block.write('ustar\0' + '00', 257, 'latin1');
  sign(block);
  return block;
}

/** An archive of plain files, in the order in which they come. */
export function archive(files: { name: string; bytes: Buffer; mode: number }[]): Buffer {
  const parts = files.flatMap(({ name, bytes, mode }) => [
    header({ name, size: bytes.length, mode }),
    bytes,
    Buffer.alloc(padded(bytes.length) - bytes.length),
  ]);
  return Buffer.concat([...parts, Buffer.alloc(2 * blockSize)]);
}

/** Passes an archive on with every time in it set to `seconds` since 1970; all else stays as it is. */
export function retime(seconds: number): Transform {
  return new TarTransform(
    (block) => {
      writeNumber(block, 136, 12, seconds);
      // GNU's access and change times lie where POSIX has the end of the prefix.
      if (block.toString('latin1', 257, 265) === 'ustar  \0') block.fill(0, 345, 369);
    },
    (records) => withoutTimes(records),
  );
}

/** Passes an archive on as it is and tells the latest time in it. */
export function watchTimes(seen: (seconds: number) => void): Transform {
  return new TarTransform(
    (block) => seen(number(block, 136, 12)),
    (records) => records,
  );
}

/** Walks the headers of an archive that passes through. */
class TarTransform extends Transform {
  private pending: Buffer = Buffer.alloc(0);
  /** Bytes of content, padding included, that pass before the next header. */
  private content = 0;
  /** The header of records (pax) whose content is still to come. */
  private records: Buffer | undefined;
  private readonly visit: (block: Buffer) => void;
  private readonly edit: (records: Buffer) => Buffer;

  constructor(visit: (block: Buffer) => void, edit: (records: Buffer) => Buffer) {
    super();
    this.visit = visit;
    this.edit = edit;
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    try {
      this.pending = this.pending.length > 0 ? Buffer.concat([this.pending, chunk]) : chunk;
      while (this.step());
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    if (this.content > 0 || this.records || this.pending.some((byte) => byte !== 0)) {
      done(new Error('the layer ends inside a file'));
    } else done(null, this.pending);
  }

  private step(): boolean {
    if (this.records) return this.passRecords(this.records);
    if (this.content > 0) {
      const part = this.pending.subarray(0, this.content);
      if (part.length === 0) return false;
      this.push(part);
      this.consume(part.length);
      this.content -= part.length;
      return true;
    }
    if (this.pending.length < blockSize) return false;
    const block = Buffer.from(this.pending.subarray(0, blockSize));
    const entry = readHeader(block);
    this.consume(blockSize);
    if (entry) {
      this.visit(block);
      sign(block);
      if (entry.type === 'x' || entry.type === 'g') {
        this.records = block;
        return true;
      }
      // Links, folders and devices have no content, whatever their size says.
      this.content = '123456'.includes(entry.type) ? 0 : padded(entry.size);
    }
    this.push(block);
    return true;
  }

  private passRecords(block: Buffer): boolean {
    const size = number(block, 124, 12);
    if (this.pending.length < padded(size)) return false;
    const records = this.edit(this.pending.subarray(0, size));
    this.consume(padded(size));
    this.records = undefined;
    // Records of nothing but times vanish whole.
    if (records.length === 0) return true;
    writeNumber(block, 124, 12, records.length);
    sign(block);
    this.push(block);
    this.push(Buffer.concat([records, Buffer.alloc(padded(records.length) - records.length)]));
    return true;
  }

  private consume(length: number): void {
    this.pending = this.pending.subarray(length);
  }
}

/** Records are "LENGTH KEY=VALUE\n", one after the other; the length counts itself. */
function withoutTimes(records: Buffer): Buffer {
  const kept: Buffer[] = [];
  for (let at = 0; at < records.length;) {
    const length = Number.parseInt(records.toString('latin1', at, records.indexOf(32, at)), 10);
    if (!(length > 0)) throw new Error('the layer has records that are no pax records');
    const record = records.subarray(at, at + length);
    if (!/^\d+ (?:mtime|atime|ctime)=/.test(record.toString('latin1', 0, 32))) kept.push(record);
    at += length;
  }
  return Buffer.concat(kept);
}

function text(block: Buffer, start: number, length: number): string {
  const end = block.indexOf(0, start);
  return block.toString('utf8', start, end === -1 || end > start + length ? start + length : end);
}

/** Octal digits, or GNU's binary form for what they can't hold. */
function number(block: Buffer, start: number, length: number): number {
  if (block[start]! & 0x80) {
    let value = block[start]! & 0x7f;
    for (let i = 1; i < length; i++) value = value * 256 + block[start + i]!;
    return value;
  }
  return Number.parseInt(block.toString('latin1', start, start + length).replace(/[\0 ]+/g, ''), 8) || 0;
}

function writeNumber(block: Buffer, start: number, length: number, value: number): void {
  block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, start, 'latin1');
}

function checksum(block: Buffer): number {
  let sum = 8 * 32;
  for (let i = 0; i < blockSize; i++) if (i < 148 || i >= 156) sum += block[i]!;
  return sum;
}

function sign(block: Buffer): void {
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}
