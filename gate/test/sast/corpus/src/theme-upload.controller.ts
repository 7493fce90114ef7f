import { Controller, Param, ParseUUIDPipe, Post, UploadedFile, UseInterceptors } from '@nestjs/common';
import { FileInterceptor } from '@nestjs/platform-express';
import AdmZip from 'adm-zip';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';

const THEMES = resolve('storage/themes');

@Controller('themes')
export class ThemeUploadController {
  @Post(':id')
  @UseInterceptors(FileInterceptor('archive', { limits: { fileSize: 5_000_000 } }))
  upload(@Param('id', ParseUUIDPipe) id: string, @UploadedFile() file: { buffer: Buffer }) {
    const zip = new AdmZip(file.buffer);
    for (const entry of zip.getEntries()) {
      if (entry.isDirectory) continue;
      const target = join(THEMES, id, entry.entryName);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, entry.getData());
    }
    return { id };
  }

  @Post(':id/assets')
  @UseInterceptors(FileInterceptor('archive', { limits: { fileSize: 5_000_000 } }))
  assets(@Param('id', ParseUUIDPipe) id: string, @UploadedFile() file: { buffer: Buffer }) {
    const root = resolve(THEMES, id, 'assets');
    const zip = new AdmZip(file.buffer);
    for (const entry of zip.getEntries()) {
      const target = resolve(root, entry.entryName);
      if (entry.isDirectory || !target.startsWith(root + sep)) continue;
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, entry.getData());
    }
    return { id };
  }

  @Post(':id/fonts')
  @UseInterceptors(FileInterceptor('archive', { limits: { fileSize: 5_000_000 } }))
  fonts(@Param('id', ParseUUIDPipe) id: string, @UploadedFile() file: { buffer: Buffer }) {
    const fonts = new AdmZip(file.buffer).getEntries().filter((entry) => entry.entryName.endsWith('.woff2'));
    for (const entry of fonts) {
      writeFileSync(join(THEMES, id, 'fonts', basename(entry.entryName)), entry.getData());
    }
    return { fonts: fonts.length };
  }
}
