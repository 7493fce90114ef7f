import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { FeedsService } from './feeds.service.js';

@Controller('feeds')
export class FeedsController {
  constructor(private readonly feeds: FeedsService) {}

  @Post()
  add(@Body() body: { name: string; url: string }) {
    return this.feeds.add(body.name, body.url);
  }

  @Get(':name/catalogue')
  catalogue(@Param('name') name: string) {
    return this.feeds.catalogue(name);
  }
}
