import { Injectable } from '@nestjs/common';
import { SearchTicketsDto } from './dto/search-tickets.dto.js';
import { TicketRepository } from './ticket.repository.js';

@Injectable()
export class TicketSearchService {
  constructor(private readonly tickets: TicketRepository) {}

  async search(dto: SearchTicketsDto) {
    const conditions = [`ticket.subject ILIKE '%${dto.text}%'`];
    if (dto.label) {
      conditions.push(`'${dto.label}' = ANY (ticket.labels)`);
    }
    const found = await this.tickets.matching(conditions);
    const recent = await this.tickets.withText(dto.text);
    return { found, recent };
  }
}
