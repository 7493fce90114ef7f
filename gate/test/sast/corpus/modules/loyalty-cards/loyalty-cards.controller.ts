import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { LoyaltyCardsService } from './loyalty-cards.service.js';

@Controller('loyalty-cards')
export class LoyaltyCardsController {
  constructor(private readonly cards: LoyaltyCardsService) {}

  @Post('search')
  search(@Body() criteria: Record<string, any>) {
    return this.cards.search(criteria);
  }

  @Get('by-number')
  byNumber(@Query('number') number: string) {
    return this.cards.byNumber(String(number));
  }
}
