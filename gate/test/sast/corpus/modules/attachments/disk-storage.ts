import { BadRequestException, Injectable } from '@nestjs/common';
import { createReadStream } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';

@Injectable()
export class DiskStorage {
  private readonly base = resolve('/srv/attachments');

  read(key: string) {
    return createReadStream(join(this.base, key));
  }

  async remove(key: string) {
    const target = resolve(this.base, key);
    if (!target.startsWith(this.base + sep)) {
      throw new BadRequestException('key');
    }
    await unlink(target);
  }
}
