import { BadRequestException, Injectable, Logger, NotFoundException, PayloadTooLargeException, StreamableFile } from '@nestjs/common';
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { extname, join, relative, resolve, isAbsolute } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const MAX_BYTES = 25 * 1024 * 1024;
const TYPES: ReadonlyMap<string, string> = new Map([
  ['.png', 'image/png'],
  ['.jpg', 'image/jpeg'],
  ['.pdf', 'application/pdf'],
  ['.csv', 'text/csv'],
]);

export interface StoredFile {
  id: string;
  name: string;
  type: string;
  size: number;
  checksum: string;
}

@Injectable()
export class FileStoreService {
  private readonly logger = new Logger(FileStoreService.name);
  private readonly root = resolve(process.env.FILE_ROOT ?? './var/files');
  private readonly staging = join(this.root, '.staging');

  async put(name: string, content: Readable): Promise<StoredFile> {
    const type = TYPES.get(extname(name).toLowerCase());
    if (!type) {
      throw new BadRequestException('file type is not accepted');
    }
    const id = randomUUID();
    const partial = join(this.staging, id);
    await mkdir(this.staging, { recursive: true });

    let size = 0;
    const hash = createHash('md5');
    const meter = new Transform({
      transform(chunk: Buffer, _encoding, callback) {
        size += chunk.length;
        if (size > MAX_BYTES) {
          callback(new PayloadTooLargeException());
          return;
        }
        hash.update(chunk);
        callback(null, chunk);
      },
    });

    try {
      await pipeline(content, meter, createWriteStream(partial, { flags: 'wx' }));
      await mkdir(this.directory(id), { recursive: true });
      await rename(partial, this.file(id));
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }

    const entry: StoredFile = { id, name: name.slice(0, 200), type, size, checksum: hash.digest('hex') };
    await writeFile(`${this.file(id)}.json`, JSON.stringify(entry), 'utf8');
    this.logger.log(`stored ${id} (${size} bytes)`);
    return entry;
  }

  async describe(id: string): Promise<StoredFile> {
    const file = this.contained(`${id.slice(0, 2)}/${id}`);
    try {
      return JSON.parse(await readFile(`${file}.json`, 'utf8')) as StoredFile;
    } catch {
      throw new NotFoundException();
    }
  }

  async open(id: string): Promise<StreamableFile> {
    const entry = await this.describe(id);
    const file = this.contained(`${entry.id.slice(0, 2)}/${entry.id}`);
    const { size } = await stat(file);
    return new StreamableFile(createReadStream(file), {
      type: entry.type,
      length: size,
      disposition: `attachment; filename="${encodeURIComponent(entry.name)}"`,
    });
  }

  async remove(id: string): Promise<void> {
    const file = this.contained(`${id.slice(0, 2)}/${id}`);
    await rm(file, { force: true });
    await rm(`${file}.json`, { force: true });
    this.logger.log('one file removed');
  }

  private contained(input: string): string {
    const target = resolve(this.root, input);
    const rel = relative(this.root, target);
    if (rel === '' || rel.startsWith('..') || isAbsolute(rel)) {
      throw new NotFoundException();
    }
    return target;
  }

  private directory(id: string): string {
    return join(this.root, id.slice(0, 2));
  }

  private file(id: string): string {
    return join(this.directory(id), id);
  }
}
