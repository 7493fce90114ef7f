import { Controller, Get, Param, ParseIntPipe, Query } from '@nestjs/common';
import { WarehouseReportsService } from './warehouse-reports.service.js';

@Controller('warehouses/:id/reports')
export class WarehouseReportsController {
  constructor(private readonly reports: WarehouseReportsService) {}

  @Get('stock')
  stock(@Param('id', ParseIntPipe) id: number, @Query('sort') sort: string) {
    return this.reports.stock(id, sort);
  }

  @Get('movements')
  movements(@Param('id', ParseIntPipe) id: number) {
    return this.reports.movements(id);
  }
}
