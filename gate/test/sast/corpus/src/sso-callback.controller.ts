import { BadRequestException, Controller, Get, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import '@fastify/cookie';

const APP_ORIGIN = 'https://app.example.com';

@Controller('sso')
export class SsoCallbackController {
  @Get('callback')
  callback(@Req() req: FastifyRequest, @Res() reply: FastifyReply) {
    const returnTo = req.cookies['return_to'] ?? '/';
    return reply.clearCookie('return_to').redirect(returnTo, 302);
  }

  @Get('relay')
  relay(@Query('RelayState') relayState: string, @Res() reply: FastifyReply) {
    return reply.code(302).header('Location', relayState).send();
  }

  @Get('finish')
  finish(@Query('to') to: string, @Res() reply: FastifyReply) {
    const url = new URL(to, APP_ORIGIN);
    if (url.origin !== APP_ORIGIN) {
      throw new BadRequestException('unexpected origin');
    }
    return reply.redirect(url.toString());
  }

  @Get('logout')
  logout(@Query('reason') reason: string, @Res() reply: FastifyReply) {
    const target = new URL('/signed-out', APP_ORIGIN);
    target.searchParams.set('reason', reason ?? 'user');
    return reply.code(302).header('Location', target.href).send();
  }
}
