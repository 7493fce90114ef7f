import { Controller, Get, Query } from '@nestjs/common';
import { AddressBookService } from './address-book.service.js';

@Controller('addresses')
export class AddressBookController {
  constructor(private readonly addresses: AddressBookService) {}

  @Get('match')
  match(@Query('pattern') pattern: string) {
    return this.addresses.match(pattern);
  }

  @Get('starting')
  starting(@Query('text') text: string) {
    return this.addresses.starting(text);
  }
}
