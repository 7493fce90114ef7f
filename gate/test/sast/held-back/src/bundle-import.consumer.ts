import { Controller, Logger } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import unzipper from 'unzipper';
import { ArchiveStore } from './archive-store.js';

const BUNDLES = '/srv/bundles';

@Controller()
export class BundleImportConsumer {
  private readonly logger = new Logger(BundleImportConsumer.name);

  constructor(private readonly archives: ArchiveStore) {}

  @EventPattern('bundle.uploaded')
  async onUploaded(@Payload() event: { uploadId: string }) {
    const source: string = await this.archives.localFile(event.uploadId);
    const entries = createReadStream(source).pipe(unzipper.Parse({ forceStream: true }));
    for await (const entry of entries) {
      await pipeline(entry, createWriteStream(`${BUNDLES}/${entry.path}`));
    }
  }

  @EventPattern('bundle.published')
  async onPublished(@Payload() event: { uploadId: string }) {
    const source: string = await this.archives.localFile(event.uploadId);
    const directory = await unzipper.Open.file(source);
    await directory.extract({ path: join(BUNDLES, 'published'), concurrency: 4 });
  }

  @MessagePattern('bundle.unpack')
  async unpack(@Payload() message: { uploadId: string }) {
    const directory = await unzipper.Open.file(await this.archives.localFile(message.uploadId));
    await mkdir(join(BUNDLES, 'raw'), { recursive: true });
    for (const file of directory.files) {
      if (file.type !== 'File') continue;
      const output = createWriteStream(join(BUNDLES, 'raw', file.path));
      await pipeline(file.stream(), output);
    }
    this.logger.log(`${directory.files.length} files unpacked`);
    return { files: directory.files.length };
  }

  @MessagePattern('bundle.list')
  async list(@Payload() message: { uploadId: string }) {
    const directory = await unzipper.Open.file(await this.archives.localFile(message.uploadId));
    return directory.files.map((file) => join('bundle', file.path));
  }
}
