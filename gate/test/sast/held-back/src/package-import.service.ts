import { BadRequestException, Controller, Injectable, Logger, Post, UploadedFile, UseInterceptors } from '@nestjs/common';
import { FileInterceptor } from '@nestjs/platform-express';
import AdmZip from 'adm-zip';
import * as yaml from 'js-yaml';
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { fromBuffer, Entry, ZipFile } from 'yauzl';

const openZip = promisify(fromBuffer) as (buffer: Buffer, options: object) => Promise<ZipFile>;

const MAX_ENTRIES = 500;
const MAX_ENTRY_BYTES = 10_000_000;
const EXTENSIONS = new Set(['.md', '.json', '.png', '.svg']);

interface Manifest {
  name: string;
  version: string;
}

@Injectable()
export class PackageImportService {
  private readonly logger = new Logger(PackageImportService.name);
  private readonly root = path.resolve(process.env.PACKAGE_DIR ?? './var/packages');

  async import(archive: Buffer): Promise<{ id: string; manifest: Manifest }> {
    const manifest = this.manifest(archive);
    const id = randomUUID();
    const target = path.join(this.root, id);
    await mkdir(target, { recursive: true });
    try {
      const count = await this.unpack(archive, target);
      await writeFile(path.join(target, 'package.json'), JSON.stringify(manifest), 'utf8');
      this.logger.log(`package ${id} imported with ${count} files`);
      return { id, manifest };
    } catch (error) {
      await rm(target, { recursive: true, force: true });
      throw error;
    }
  }

  private manifest(archive: Buffer): Manifest {
    const entry = new AdmZip(archive).getEntry('manifest.yaml');
    if (!entry || entry.header.size > 100_000) {
      throw new BadRequestException('manifest.yaml is missing');
    }
    const parsed = yaml.load(entry.getData().toString('utf8'), { schema: yaml.JSON_SCHEMA });
    const { name, version } = (parsed ?? {}) as Partial<Manifest>;
    if (typeof name !== 'string' || !/^[a-z][a-z0-9-]{1,60}$/.test(name)) {
      throw new BadRequestException('name of the package');
    }
    if (typeof version !== 'string' || !/^\d{1,4}\.\d{1,4}\.\d{1,4}$/.test(version)) {
      throw new BadRequestException('version of the package');
    }
    return { name, version };
  }

  private async unpack(archive: Buffer, target: string): Promise<number> {
    const zip = await openZip(archive, { lazyEntries: true, validateEntrySizes: true });
    if (zip.entryCount > MAX_ENTRIES) {
      throw new BadRequestException('too many files');
    }
    let written = 0;
    await new Promise<void>((resolve, reject) => {
      zip.on('error', reject);
      zip.on('end', resolve);
      zip.on('entry', (entry: Entry) => {
        this.writeEntry(zip, entry, target)
          .then((done) => {
            written += done ? 1 : 0;
            zip.readEntry();
          })
          .catch(reject);
      });
      zip.readEntry();
    });
    return written;
  }

  private async writeEntry(zip: ZipFile, entry: Entry, target: string): Promise<boolean> {
    const extension = path.extname(entry.fileName).toLowerCase();
    if (entry.fileName.endsWith('/') || !EXTENSIONS.has(extension)) {
      return false;
    }
    if (entry.uncompressedSize > MAX_ENTRY_BYTES) {
      throw new BadRequestException(`${path.basename(entry.fileName)} is too large`);
    }
    const file = path.resolve(target, entry.fileName);
    if (!file.startsWith(target + path.sep)) {
      throw new BadRequestException('entry outside of the package');
    }
    await mkdir(path.dirname(file), { recursive: true });
    const openStream = promisify(zip.openReadStream.bind(zip)) as (entry: Entry) => Promise<NodeJS.ReadableStream>;
    await pipeline(await openStream(entry), createWriteStream(file, { flags: 'wx' }));
    return true;
  }
}

@Controller('packages')
export class PackageImportController {
  constructor(private readonly packages: PackageImportService) {}

  @Post()
  @UseInterceptors(FileInterceptor('archive', { limits: { fileSize: 20_000_000, files: 1 } }))
  upload(@UploadedFile() file: { buffer: Buffer } | undefined) {
    if (!file) {
      throw new BadRequestException('archive is missing');
    }
    return this.packages.import(file.buffer);
  }
}
