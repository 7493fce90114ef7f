import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { LoyaltyCard } from './loyalty-card.entity.js';

@Injectable()
export class LoyaltyCardsService {
  constructor(@InjectRepository(LoyaltyCard) private readonly cards: Repository<LoyaltyCard>) {}

  search(criteria: Record<string, any>) {
    return this.cards.findBy(criteria);
  }

  byNumber(number: string) {
    return this.cards.findOneBy({ number });
  }
}
