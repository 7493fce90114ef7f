/** Reads git's objects without git, which the containers of the gate don't have: loose objects and packs, deltas included. */
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';

export interface GitObject {
  type: 'commit' | 'tree' | 'blob' | 'tag';
  data: Buffer;
}

interface Pack {
  file: string;
  /** The index, which says where in the pack an object begins. */
  index: Buffer;
}

const packedTypes: Record<number, GitObject['type']> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' };
const offsetDelta = 6;
const referenceDelta = 7;
/** More than the header and the deflated bytes of any object but a blob of many megabytes; doubled until it is enough. */
const firstRead = 64 * 1024;

/** The objects below a `.git/objects` folder. */
export class GitObjects {
  private readonly folder: string;
  private packs?: Pack[];

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Reads an object by its full hash, 40 or 64 hex digits. Undefined where the store has no such object. @throws where it is damaged */
  read(id: string): GitObject | undefined {
    return this.loose(id) ?? this.packed(id);
  }

  private loose(id: string): GitObject | undefined {
    let bytes: Buffer;
    try {
      bytes = inflateSync(readFileSync(join(this.folder, id.slice(0, 2), id.slice(2))));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    const end = bytes.indexOf(0);
    const [type] = bytes.toString('latin1', 0, end).split(' ');
    return { type: type as GitObject['type'], data: bytes.subarray(end + 1) };
  }

  private packed(id: string): GitObject | undefined {
    this.packs ??= openPacks(join(this.folder, 'pack'));
    for (const pack of this.packs) {
      const offset = offsetOf(pack.index, Buffer.from(id, 'hex'));
      if (offset !== undefined) return this.at(pack, offset, id.length / 2);
    }
    return undefined;
  }

  /** The object that begins at an offset of a pack. */
  private at(pack: Pack, offset: number, hashLength: number): GitObject {
    let size = firstRead;
    for (;;) {
      const bytes = readAt(pack.file, offset, size);
      const header = entryHeader(bytes);
      let position = header.length;
      let base: (() => GitObject) | undefined;
      if (header.type === offsetDelta) {
        const back = deltaOffset(bytes, position);
        position += back.length;
        base = () => this.at(pack, offset - back.value, hashLength);
      } else if (header.type === referenceDelta) {
        const id = bytes.toString('hex', position, position + hashLength);
        position += hashLength;
        base = () => {
          const object = this.read(id);
          if (!object) throw new Error(`${pack.file} builds on the object ${id}, which is not there`);
          return object;
        };
      }
      const data = inflated(bytes.subarray(position), header.size);
      if (data) return base ? applied(base(), data) : { type: packedTypes[header.type]!, data };
      if (bytes.length < size) throw new Error(`${pack.file} ends in the middle of an object`);
      size *= 4;
    }
  }
}

function openPacks(folder: string): Pack[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith('.idx'))
    .map((name) => ({ file: join(folder, name.replace(/idx$/, 'pack')), index: readFileSync(join(folder, name)) }))
    .filter(({ index }) => index.readUInt32BE(0) === 0xff744f63 && index.readUInt32BE(4) === 2);
}

/** Index version 2: a table of 256 running counts, the sorted hashes, a checksum each, an offset each, and long offsets where needed. */
function offsetOf(index: Buffer, hash: Buffer): number | undefined {
  const counts = 8;
  const hashes = counts + 256 * 4;
  const total = index.readUInt32BE(counts + 255 * 4);
  const first = hash[0]!;
  let low = first === 0 ? 0 : index.readUInt32BE(counts + (first - 1) * 4);
  let high = index.readUInt32BE(counts + first * 4);
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = hash.compare(index, hashes + middle * hash.length, hashes + (middle + 1) * hash.length);
    if (order === 0) {
      const offsets = hashes + total * (hash.length + 4);
      const offset = index.readUInt32BE(offsets + middle * 4);
      if (offset < 0x80000000) return offset;
      return Number(index.readBigUInt64BE(offsets + total * 4 + (offset - 0x80000000) * 8));
    }
    if (order < 0) high = middle;
    else low = middle + 1;
  }
  return undefined;
}

function readAt(file: string, offset: number, size: number): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(size);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, size, offset));
  } finally {
    closeSync(descriptor);
  }
}

/** Type and size: 3 and 4 bits in the first byte, 7 more of the size in each that follows. */
function entryHeader(bytes: Buffer): { type: number; size: number; length: number } {
  const type = (bytes[0]! >> 4) & 7;
  let size = bytes[0]! & 15;
  let length = 1;
  for (let scale = 16; bytes[length - 1]! & 0x80; scale *= 128) {
    size += (bytes[length]! & 0x7f) * scale;
    length += 1;
  }
  return { type, size, length };
}

function deltaOffset(bytes: Buffer, start: number): { value: number; length: number } {
  let value = bytes[start]! & 0x7f;
  let length = 1;
  while (bytes[start + length - 1]! & 0x80) {
    value = (value + 1) * 128 + (bytes[start + length]! & 0x7f);
    length += 1;
  }
  return { value, length };
}

/** Undefined where the bytes end before the object does. */
function inflated(bytes: Buffer, size: number): Buffer | undefined {
  try {
    const data = inflateSync(bytes);
    return data.length === size ? data : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR') return undefined;
    throw error;
  }
}

/** A delta: the sizes of base and result, then instructions to copy from the base or to take the bytes that follow. */
function applied(base: GitObject, delta: Buffer): GitObject {
  let position = 0;
  const size = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = delta[position++]!;
      value += (byte & 0x7f) * scale;
      if (!(byte & 0x80)) return value;
    }
  };
  size();
  const result = Buffer.alloc(size());
  let filled = 0;
  while (position < delta.length) {
    const instruction = delta[position++]!;
    if (instruction & 0x80) {
      let from = 0;
      let count = 0;
      for (let i = 0; i < 4; i++) if (instruction & (1 << i)) from += delta[position++]! * 256 ** i;
      for (let i = 0; i < 3; i++) if (instruction & (16 << i)) count += delta[position++]! * 256 ** i;
      filled += base.data.copy(result, filled, from, from + (count || 0x10000));
    } else {
      filled += delta.copy(result, filled, position, position + instruction);
      position += instruction;
    }
  }
  return { type: base.type, data: result };
}
