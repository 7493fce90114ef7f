import { Injectable } from '@nestjs/common';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

@Injectable()
export class CourseFiles {
  private readonly root = '/srv/courses';

  async write(name: string, data: Buffer) {
    const target = join(this.root, name);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, data);
  }

  async writeImage(name: string, data: Buffer) {
    await writeFile(join(this.root, 'images', name), data);
  }
}
