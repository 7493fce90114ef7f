import { Controller, ForbiddenException, Get, Injectable, Query, StreamableFile } from '@nestjs/common';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';

@Injectable()
export class LogViewerService {
  private readonly base = path.resolve('/var/log/app');

  async tail(name: string, lines: number) {
    const content = await readFile(path.join(this.base, name), 'utf8');
    return content.split('\n').slice(-lines);
  }

  async head(name: string, lines: number) {
    const file = path.resolve(this.base, name);
    if (!file.startsWith(this.base + path.sep)) {
      throw new ForbiddenException();
    }
    const content = await readFile(file, 'utf8');
    return content.split('\n').slice(0, lines);
  }

  stream(service: string, day: string) {
    return createReadStream(`${this.base}/${service}/${day}.log`);
  }

  current(name: string) {
    return createReadStream(path.join(this.base, path.basename(name)));
  }
}

@Controller('logs')
export class LogViewerController {
  constructor(private readonly viewer: LogViewerService) {}

  @Get('tail')
  tail(@Query('file') file: string) {
    return this.viewer.tail(file, 200);
  }

  @Get('head')
  head(@Query('file') file: string) {
    return this.viewer.head(file, 200);
  }

  @Get('stream')
  stream(@Query() { service, day }: { service: string; day: string }) {
    return new StreamableFile(this.viewer.stream(service, day), { type: 'text/plain' });
  }

  @Get('current')
  current(@Query('file') file: string) {
    return new StreamableFile(this.viewer.current(file), { type: 'text/plain' });
  }
}
