import { Body, Controller, Post } from '@nestjs/common';
import { VideoExportsService } from './video-exports.service.js';

@Controller('video-exports')
export class VideoExportsController {
  constructor(private readonly exports: VideoExportsService) {}

  @Post()
  create(@Body() body: { source: string; preset: string }) {
    return this.exports.create(body.source, body.preset);
  }

  @Post('probe')
  probe(@Body('source') source: string) {
    return this.exports.probe(source);
  }
}
