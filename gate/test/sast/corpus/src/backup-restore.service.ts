import { BadRequestException, Body, Controller, Injectable, Post, Req } from '@nestjs/common';
import AdmZip from 'adm-zip';
import type { Request } from 'express';
import { createWriteStream, promises as fs } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import * as tar from 'tar';
import { extract } from 'tar-stream';

@Injectable()
export class BackupRestoreService {
  private readonly root = path.resolve('/srv/restore');

  async fromTar(input: NodeJS.ReadableStream) {
    const unpack = extract();
    unpack.on('entry', (header, stream, next) => {
      stream.on('end', next);
      stream.pipe(createWriteStream(path.join(this.root, header.name)));
    });
    await pipeline(input, createGunzip(), unpack);
  }

  async fromArchive(input: NodeJS.ReadableStream) {
    await pipeline(input, tar.x({ cwd: this.root, strip: 1, preservePaths: false }));
  }

  async fromZip(base64: string) {
    const zip = new AdmZip(Buffer.from(base64, 'base64'));
    zip.extractAllTo(this.root, true);
  }

  async manifest(base64: string) {
    const zip = new AdmZip(Buffer.from(base64, 'base64'));
    await Promise.all(
      zip.getEntries().map((entry) => fs.writeFile(this.root + '/' + entry.entryName, entry.getData())),
    );
  }

  async single(base64: string) {
    const entry = new AdmZip(Buffer.from(base64, 'base64')).getEntry('manifest.json');
    if (!entry) throw new BadRequestException('manifest.json is missing');
    await fs.writeFile(path.join(this.root, 'manifest.json'), entry.getData());
  }
}

@Controller('restore')
export class BackupRestoreController {
  constructor(private readonly restore: BackupRestoreService) {}

  @Post('tar')
  tar(@Req() req: Request) {
    return this.restore.fromTar(req);
  }

  @Post('archive')
  archive(@Req() req: Request) {
    return this.restore.fromArchive(req);
  }

  @Post('zip')
  async zip(@Body() body: { full?: string; files?: string; manifest?: string }) {
    if (body.full) await this.restore.fromZip(body.full);
    if (body.files) await this.restore.manifest(body.files);
    if (body.manifest) await this.restore.single(body.manifest);
  }
}
