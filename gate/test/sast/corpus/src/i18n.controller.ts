import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import '@fastify/cookie';
import '@fastify/static';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const LOCALES = ['en', 'de', 'fr', 'pt-BR'];

@Controller('i18n')
export class I18nController {
  @Get('messages')
  messages(@Req() req: FastifyRequest) {
    const locale = req.cookies['locale'] ?? 'en';
    const raw = readFileSync(`./locales/${locale}/messages.json`, 'utf8');
    return JSON.parse(raw);
  }

  @Get('emails')
  emails(@Req() req: FastifyRequest) {
    const wanted = String(req.headers['accept-language'] ?? 'en');
    const locale = LOCALES.includes(wanted) ? wanted : 'en';
    return JSON.parse(readFileSync(join('locales', locale, 'emails.json'), 'utf8'));
  }

  @Get('flags/:file')
  flag(@Param('file') file: string, @Res() reply: FastifyReply) {
    return reply.sendFile(file);
  }
}
