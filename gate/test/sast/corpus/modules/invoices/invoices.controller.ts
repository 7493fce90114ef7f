import { Controller, Get, Param, Query } from '@nestjs/common';
import { InvoicesService } from './invoices.service.js';

@Controller('invoices')
export class InvoicesController {
  constructor(private readonly invoices: InvoicesService) {}

  @Get()
  list(@Query('customer') customer: string, @Query('order') order: string) {
    return this.invoices.list(customer, order);
  }

  @Get('number/:number')
  byNumber(@Param('number') number: string) {
    return this.invoices.byNumber(number);
  }

  @Get('overdue')
  overdue(@Query('before') before: string) {
    return this.invoices.overdue(before);
  }
}
