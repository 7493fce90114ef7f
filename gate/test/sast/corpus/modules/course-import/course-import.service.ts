import { Injectable } from '@nestjs/common';
import AdmZip from 'adm-zip';
import { basename } from 'node:path';
import { CourseFiles } from './course-files.js';

@Injectable()
export class CourseImportService {
  constructor(private readonly files: CourseFiles) {}

  async import(archive: Buffer) {
    const entries = new AdmZip(archive).getEntries().filter((entry) => !entry.isDirectory);
    for (const entry of entries) {
      await this.files.write(entry.entryName, entry.getData());
    }
    return { files: entries.length };
  }

  async images(archive: Buffer) {
    const entries = new AdmZip(archive).getEntries().filter((entry) => entry.entryName.endsWith('.png'));
    await Promise.all(entries.map((entry) => this.files.writeImage(basename(entry.entryName), entry.getData())));
    return { images: entries.length };
  }
}
