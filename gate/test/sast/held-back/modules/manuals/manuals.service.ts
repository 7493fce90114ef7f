import { Injectable } from '@nestjs/common';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const DIRECTORY = join(process.cwd(), 'manuals');

@Injectable()
export class ManualsService {
  read(file: string) {
    return readFile(join(DIRECTORY, file), 'utf8');
  }

  async outline(file: string) {
    const text = await readFile(join(DIRECTORY, `${file}.outline`), 'utf8');
    return text.split('\n').filter((line) => line.startsWith('#'));
  }
}
