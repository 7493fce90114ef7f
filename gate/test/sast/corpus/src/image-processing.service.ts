import { BadRequestException, Injectable, Logger, OnModuleInit, ServiceUnavailableException } from '@nestjs/common';
import { EventEmitter } from 'node:events';
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const FORMATS = ['webp', 'jpeg', 'png', 'avif'] as const;
type Format = (typeof FORMATS)[number];

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const GEOMETRY = /^(\d{1,4})x(\d{1,4})$/;

export interface ImageRequest {
  imageId: string;
  geometry: string;
  format: string;
  quality?: number;
}

@Injectable()
export class ImageProcessingService extends EventEmitter implements OnModuleInit {
  private readonly logger = new Logger(ImageProcessingService.name);
  private readonly originals = resolve(process.env.ORIGINALS_DIR ?? './var/originals');
  private readonly derived = resolve(process.env.DERIVED_DIR ?? './var/derived');
  private active = 0;

  async onModuleInit() {
    const { stdout } = await run('convert', ['-version']);
    this.logger.log(stdout.split('\n', 1)[0]);
  }

  async resize(request: ImageRequest): Promise<string> {
    const id = this.imageId(request.imageId);
    const { width, height } = this.geometry(request.geometry);
    const format = this.format(request.format);
    const quality = this.quality(request.quality);

    if (this.active >= 4) {
      throw new ServiceUnavailableException('too many conversions');
    }
    this.active += 1;
    const target = join(this.derived, `${id}-${width}x${height}.${format}`);
    try {
      await run(
        'convert',
        [join(this.originals, id), '-resize', `${width}x${height}`, '-quality', String(quality), `${format}:${target}`],
        { timeout: 20_000, maxBuffer: 1_000_000 },
      );
      this.emit('resized', { id, format });
      return target;
    } finally {
      this.active -= 1;
    }
  }

  async frames(imageId: string, count: number): Promise<string[]> {
    const id = this.imageId(imageId);
    const total = Math.min(Math.max(Math.trunc(count) || 1, 1), 12);
    const directory = await mkdtemp(join(tmpdir(), 'frames-'));
    const pattern = join(directory, 'frame-%02d.jpg');
    await new Promise<void>((done, fail) => {
      const child = spawn(
        'ffmpeg',
        ['-loglevel', 'error', '-i', join(this.originals, id), '-frames:v', String(total), pattern],
        { stdio: ['ignore', 'ignore', 'pipe'], shell: false },
      );
      child.once('error', fail);
      child.once('close', (code) => (code === 0 ? done() : fail(new Error(`ffmpeg exited with ${code}`))));
    });
    return Array.from({ length: total }, (_, i) => join(directory, `frame-${String(i + 1).padStart(2, '0')}.jpg`));
  }

  async discard(imageId: string, format: string): Promise<void> {
    const file = `${this.imageId(imageId)}.${this.format(format)}`;
    await rm(join(this.derived, file), { force: true });
  }

  ticket(): string {
    return randomUUID();
  }

  private imageId(value: string): string {
    if (!UUID.test(value)) {
      throw new BadRequestException('imageId');
    }
    return value;
  }

  private geometry(value: string): { width: number; height: number } {
    const match = GEOMETRY.exec(value);
    if (!match) {
      throw new BadRequestException('geometry');
    }
    return { width: Number(match[1]), height: Number(match[2]) };
  }

  private format(value: string): Format {
    const found = FORMATS.find((format) => format === value);
    if (!found) {
      throw new BadRequestException('format');
    }
    return found;
  }

  private quality(value = 80): number {
    return Number.isInteger(value) && value > 0 && value <= 100 ? value : 80;
  }
}
