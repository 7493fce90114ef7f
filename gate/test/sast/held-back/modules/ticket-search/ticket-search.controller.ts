import { Body, Controller, Post } from '@nestjs/common';
import { SearchTicketsDto } from './dto/search-tickets.dto.js';
import { TicketSearchService } from './ticket-search.service.js';

@Controller('tickets')
export class TicketSearchController {
  constructor(private readonly tickets: TicketSearchService) {}

  @Post('search')
  search(@Body() dto: SearchTicketsDto) {
    return this.tickets.search(dto);
  }
}
