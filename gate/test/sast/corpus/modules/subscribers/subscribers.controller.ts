import { Body, Controller, Param, ParseUUIDPipe, Patch, Post } from '@nestjs/common';
import { Subscriber } from './subscriber.entity.js';
import { SubscribersService } from './subscribers.service.js';

@Controller('subscribers')
export class SubscribersController {
  constructor(private readonly subscribers: SubscribersService) {}

  @Post()
  create(@Body() body: { email: string; name: string }) {
    return this.subscribers.create(body);
  }

  @Patch(':id')
  update(@Param('id', ParseUUIDPipe) id: string, @Body() body: Partial<Subscriber>) {
    return this.subscribers.update(id, body);
  }
}
