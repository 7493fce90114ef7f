import { Controller, Get, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { OauthFlowService } from './oauth-flow.service.js';

@Controller('oauth')
export class OauthFlowController {
  constructor(private readonly flow: OauthFlowService) {}

  @Get('start')
  start(@Query('return_url') returnUrl: string) {
    return { state: this.flow.begin(returnUrl) };
  }

  @Get('callback')
  callback(@Query('state') state: string, @Res() reply: FastifyReply) {
    return reply.redirect(this.flow.finish(state), 302);
  }

  @Get('cancel')
  cancel(@Query('state') state: string, @Res() reply: FastifyReply) {
    return reply.redirect(this.flow.cancelled(state), 302);
  }
}
