import { Body, Controller, Get, HttpCode, Post, Query, Redirect, Req, Res, UnauthorizedException, UseGuards } from '@nestjs/common';
import { IsEmail, IsOptional, IsString, MaxLength, MinLength } from 'class-validator';
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import escapeHtml from 'escape-html';
import { AuthenticationService } from './authentication.service.js';
import { SessionGuard } from './session.guard.js';

export class WebLoginDto {
  @IsEmail()
  email: string;

  @IsString()
  @MinLength(10)
  @MaxLength(200)
  password: string;

  @IsString()
  @MaxLength(64)
  csrf: string;

  @IsOptional()
  @IsString()
  next?: string;
}

const LANDING = '/home';
const LOCAL_PATHS = ['/home', '/orders', '/invoices', '/settings'];
const COOKIE = { httpOnly: true, secure: true, sameSite: 'lax', path: '/' } as const;

@Controller('web/session')
export class WebSessionController {
  constructor(private readonly auth: AuthenticationService) {}

  @Get('new')
  form(@Query('next') next: string, @Res() res: Response) {
    const csrf = randomBytes(24).toString('base64url');
    res.cookie('__Host-csrf', csrf, { ...COOKIE, maxAge: 600_000 });
    res
      .type('html')
      .set('Cache-Control', 'no-store')
      .send(
        `<form method="post" action="/web/session">
           <input type="hidden" name="csrf" value="${csrf}">
           <input type="hidden" name="next" value="${escapeHtml(next ?? LANDING)}">
           <input name="email"><input name="password" type="password"><button>Sign in</button>
         </form>`,
      );
  }

  @Post()
  async create(@Body() dto: WebLoginDto, @Req() req: Request, @Res() res: Response) {
    this.checkCsrf(req.cookies['__Host-csrf'], dto.csrf);
    const { accessToken, refreshToken } = await this.auth.login(dto.email, dto.password);
    res.cookie('__Host-session', accessToken, { ...COOKIE, maxAge: 600_000 });
    res.cookie('__Host-refresh', refreshToken, { ...COOKIE, sameSite: 'strict', maxAge: 1_209_600_000 });
    res.clearCookie('__Host-csrf', COOKIE);
    res.redirect(303, this.target(dto.next));
  }

  @Post('refresh')
  @HttpCode(204)
  async refresh(@Req() req: Request, @Res({ passthrough: true }) res: Response) {
    const token: unknown = req.cookies['__Host-refresh'];
    if (typeof token !== 'string') {
      throw new UnauthorizedException();
    }
    const pair = await this.auth.refresh(token);
    res.cookie('__Host-session', pair.accessToken, { ...COOKIE, maxAge: 600_000 });
    res.cookie('__Host-refresh', pair.refreshToken, { ...COOKIE, sameSite: 'strict', maxAge: 1_209_600_000 });
  }

  @Get('me')
  @UseGuards(SessionGuard)
  async me(@Req() req: Request) {
    const claims = await this.auth.verifyAccess(String(req.cookies['__Host-session']));
    return { id: claims.sub, roles: claims.roles };
  }

  @Get('help')
  @Redirect('https://help.example.com/signing-in', 302)
  help() {}

  @Get('end')
  end(@Query('reason') reason: string, @Res() res: Response) {
    for (const name of ['__Host-session', '__Host-refresh']) {
      res.clearCookie(name, COOKIE);
    }
    const query = new URLSearchParams({ reason: reason ?? 'user' });
    res.redirect(`/signed-out?${query.toString()}`);
  }

  private target(next: string | undefined): string {
    return LOCAL_PATHS.find((path) => path === next) ?? LANDING;
  }

  private checkCsrf(cookie: unknown, field: string): void {
    const left = Buffer.from(typeof cookie === 'string' ? cookie : '');
    const right = Buffer.from(field);
    if (left.length === 0 || left.length !== right.length || !timingSafeEqual(left, right)) {
      throw new UnauthorizedException('form has expired');
    }
  }
}
