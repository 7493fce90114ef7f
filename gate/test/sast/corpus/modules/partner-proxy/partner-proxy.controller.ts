import { Controller, Get, Headers, Query } from '@nestjs/common';
import { PartnerProxyService } from './partner-proxy.service.js';

@Controller('partner-proxy')
export class PartnerProxyController {
  constructor(private readonly proxy: PartnerProxyService) {}

  @Get()
  forward(@Query('target') target: string) {
    return this.proxy.forward(target);
  }

  @Get('callback')
  callback(@Headers('x-callback-host') host: string, @Query('event') event: string) {
    return this.proxy.callback(host, event);
  }
}
