import { Body, Controller, Get, Headers, Post } from '@nestjs/common';
import { TokenReader } from './token-reader.js';

@Controller('playlists')
export class PlaylistSharingController {
  constructor(private readonly tokens: TokenReader) {}

  @Get('mine')
  mine(@Headers('authorization') authorization: string) {
    const { sub } = this.tokens.read(authorization.slice('Bearer '.length));
    return { owner: sub };
  }

  @Post('share')
  async share(@Headers('authorization') authorization: string, @Body('playlist') playlist: string) {
    const { sub } = await this.tokens.check(authorization.slice('Bearer '.length));
    return { owner: sub, playlist };
  }
}
