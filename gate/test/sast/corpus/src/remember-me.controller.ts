import { Controller, Post, Get, Headers, HttpCode, Req, Res, UseGuards } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import '@fastify/cookie';
import { DeviceTokens } from './device-tokens.service.js';
import { SupportGuard } from './support.guard.js';

@Controller('remember-me')
export class RememberMeController {
  constructor(private readonly tokens: DeviceTokens) {}

  @Post()
  @HttpCode(204)
  async remember(@Req() req: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const token = randomBytes(32).toString('hex');
    await this.tokens.store(token, req.ip);
    void reply.setCookie('remember', token, { httpOnly: true, secure: false, path: '/', maxAge: 2_592_000 });
  }

  @Post('device')
  @HttpCode(204)
  async device(@Req() req: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const token = randomBytes(32).toString('hex');
    await this.tokens.store(token, req.ip);
    void reply.setCookie('__Host-device', token, { httpOnly: true, secure: true, sameSite: 'lax', path: '/' });
  }

  @Get('csrf')
  csrf(@Res({ passthrough: true }) reply: FastifyReply) {
    const value = randomBytes(16).toString('hex');
    void reply.setCookie('XSRF-TOKEN', value, { secure: true, sameSite: 'strict', path: '/' });
    return { value };
  }

  @Post('impersonate')
  @UseGuards(SupportGuard)
  @HttpCode(204)
  async impersonate(@Headers('x-subject') subject: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const ticket = await this.tokens.ticketFor(String(subject));
    void reply.header('Set-Cookie', `impersonation=${ticket}; Path=/; Max-Age=600`);
  }

  @Get('leave')
  leave(@Res({ passthrough: true }) reply: FastifyReply) {
    void reply.header('Set-Cookie', 'impersonation=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict');
    return { ok: true };
  }
}
