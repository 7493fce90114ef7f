import { Body, Controller, Get, ParseEnumPipe, Post, Query, ValidationPipe } from '@nestjs/common';
import { PrintJobDto } from './print-job.dto.js';
import { PrintQueueService } from './print-queue.service.js';

enum Printer {
  Desk = 'front-desk',
  Warehouse = 'warehouse',
}

@Controller('print')
export class PrintQueueController {
  constructor(private readonly queue: PrintQueueService) {}

  @Post()
  print(@Body(new ValidationPipe({ whitelist: true })) job: PrintJobDto) {
    return this.queue.print(job);
  }

  @Get('state')
  state(@Query('printer', new ParseEnumPipe(Printer)) printer: Printer) {
    return this.queue.state(printer);
  }
}
