import { Controller, Get, Headers, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import Handlebars from 'handlebars';
import serialize from 'serialize-javascript';

const invitation = Handlebars.compile('<html><body><h1>Hello {{name}}</h1><p>{{message}}</p></body></html>');

function layout(title: string, content: string): string {
  return `<!doctype html><html><head><title>${title}</title></head><body>${content}</body></html>`;
}

@Controller('invites')
export class InvitePageController {
  @Get(':code')
  show(@Param('code') code: string, @Query('name') name: string, @Res() reply: FastifyReply) {
    const page = layout('Invitation', `<h1>Hello ${name}</h1><form action="/invites/accept"><button>Accept</button></form>`);
    return reply.type('text/html').send(page);
  }

  @Get(':code/card')
  card(@Query('name') name: string, @Query('message') message: string, @Res() reply: FastifyReply) {
    return reply.type('text/html').send(invitation({ name, message }));
  }

  @Get(':code/state')
  state(@Param('code') code: string, @Query('lang') lang: string, @Res() reply: FastifyReply) {
    const state = JSON.stringify({ code, lang });
    void reply.header('content-type', 'text/html');
    return reply.send(`<div id="app"></div><script>window.__STATE__ = ${state}</script>`);
  }

  @Get(':code/boot')
  boot(@Param('code') code: string, @Headers('accept-language') lang: string, @Res() reply: FastifyReply) {
    const state = serialize({ code, lang }, { isJSON: true });
    void reply.header('content-type', 'text/html');
    return reply.send(`<div id="app"></div><script>window.__STATE__ = ${state}</script>`);
  }

  @Get(':code/terms')
  terms(@Res() reply: FastifyReply) {
    return reply.type('text/html').send(layout('Terms', '<p>See the printed terms.</p>'));
  }
}
