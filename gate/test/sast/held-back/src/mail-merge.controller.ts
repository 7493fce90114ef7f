import { Body, Controller, Get, Inject, Param, Post } from '@nestjs/common';
import lodash from 'lodash';
import { Redis } from 'ioredis';

const WELCOME = 'Hello <%- name %>, your account <%- account %> is ready.';
const HANDLERS: Record<string, () => Promise<{ render(input: object): string }>> = {
  invoice: () => import('./templates/invoice.js'),
  reminder: () => import('./templates/reminder.js'),
};

const TAKE_SLOT = `
local used = redis.call('INCR', KEYS[1])
if used == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return used
`;

@Controller('mail-merge')
export class MailMergeController {
  constructor(@Inject('REDIS') private readonly redis: Redis) {}

  @Post('preview')
  preview(@Body() body: { template: string; recipients: Array<Record<string, string>> }) {
    const render = lodash.template(body.template);
    return body.recipients.map((recipient) => render(recipient));
  }

  @Post('welcome')
  welcome(@Body() body: { name: string; account: string }) {
    const render = lodash.template(WELCOME);
    return { text: render({ name: body.name, account: body.account }) };
  }

  @Post('slots/:campaign')
  async slot(@Param('campaign') campaign: string) {
    const used = await this.redis.eval(TAKE_SLOT, 1, `mail:slots:${campaign}`, 60);
    return { used };
  }

  @Get('layouts/:name')
  async layout(@Param('name') name: string) {
    const handler = Object.hasOwn(HANDLERS, name) ? HANDLERS[name] : HANDLERS.invoice;
    const module = await handler();
    return { html: module.render({}) };
  }

  @Get('plugins/:name')
  async plugin(@Param('name') name: string) {
    const module = await import(`../plugins/${decodeURIComponent(name)}`);
    return { version: module.version };
  }
}
