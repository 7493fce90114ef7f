import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { ShellRunner } from './shell-runner.js';

@Injectable()
export class VideoExportsService {
  constructor(private readonly shell: ShellRunner) {}

  async create(source: string, preset: string) {
    const id = randomUUID();
    await this.shell.run(`ffmpeg -i /srv/videos/${source} -preset ${preset} /srv/exports/${id}.mp4`);
    return { id };
  }

  probe(source: string) {
    return this.shell.program('ffprobe', ['-v', 'error', '-show_format', `/srv/videos/${encodeURIComponent(source)}`]);
  }
}
