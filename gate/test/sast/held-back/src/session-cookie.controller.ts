import { Body, Controller, Delete, HttpCode, Post, Res } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import type { Response } from 'express';
import { CredentialsService } from './credentials.service.js';

export class LoginDto {
  email: string;
  password: string;
}

@Controller('session')
export class SessionCookieController {
  constructor(
    private readonly jwt: JwtService,
    private readonly credentials: CredentialsService,
  ) {}

  @Post()
  @HttpCode(204)
  async login(@Body() dto: LoginDto, @Res({ passthrough: true }) res: Response) {
    const user = await this.credentials.verify(dto.email, dto.password);
    const token = await this.jwt.signAsync({ sub: user.id });
    res.cookie('access_token', token, { maxAge: 900_000 });
  }

  @Post('web')
  @HttpCode(204)
  async loginWeb(@Body() dto: LoginDto, @Res({ passthrough: true }) res: Response) {
    const user = await this.credentials.verify(dto.email, dto.password);
    const token = await this.jwt.signAsync({ sub: user.id });
    res.cookie('access_token', token, { httpOnly: true, secure: true, sameSite: 'strict', maxAge: 900_000 });
  }

  @Post('refresh')
  @HttpCode(204)
  async refresh(@Body() dto: LoginDto, @Res({ passthrough: true }) res: Response) {
    const user = await this.credentials.verify(dto.email, dto.password);
    const token = await this.jwt.signAsync({ sub: user.id, kind: 'refresh' }, { expiresIn: '30d' });
    res.cookie('refresh_token', token, { httpOnly: false, secure: true, sameSite: 'lax' });
  }

  @Delete()
  @HttpCode(204)
  logout(@Res({ passthrough: true }) res: Response) {
    res.clearCookie('access_token');
  }
}
