import { Body, Controller, Injectable, Param, ParseUUIDPipe, Post } from '@nestjs/common';
import { exec, execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execAsync = promisify(exec);
const execFileAsync = promisify(execFile);

export class ResizeRequest {
  source: string;
  width: number;
  height: number;
}

@Injectable()
export class ThumbnailService {
  private readonly dir = process.env.MEDIA_DIR ?? '/srv/media';

  async resize(request: ResizeRequest): Promise<string> {
    const target = join(this.dir, 'thumbs', `${Date.now()}.webp`);
    await execAsync(`convert "${request.source}" -resize ${request.width}x${request.height} "${target}"`);
    return target;
  }

  async poster(videoId: string): Promise<string> {
    const target = join(this.dir, 'posters', `${videoId}.jpg`);
    await execFileAsync('ffmpeg', ['-i', join(this.dir, `${videoId}.mp4`), '-frames:v', '1', target]);
    return target;
  }

  async capabilities(): Promise<string[]> {
    const { stdout } = await execAsync('convert -list format | head -n 40');
    return stdout.split('\n').filter(Boolean);
  }
}

@Controller('thumbnails')
export class ThumbnailController {
  constructor(private readonly thumbnails: ThumbnailService) {}

  @Post()
  async create(@Body() body: ResizeRequest) {
    return { path: await this.thumbnails.resize(body) };
  }

  @Post('posters/:id')
  async poster(@Param('id', ParseUUIDPipe) id: string) {
    return { path: await this.thumbnails.poster(id) };
  }
}
