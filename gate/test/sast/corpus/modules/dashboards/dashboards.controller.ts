import { Body, Controller, Param, Patch, Put } from '@nestjs/common';
import { DashboardsService } from './dashboards.service.js';

@Controller('dashboards')
export class DashboardsController {
  constructor(private readonly dashboards: DashboardsService) {}

  @Patch(':id')
  patch(@Param('id') id: string, @Body() changes: Record<string, unknown>) {
    return this.dashboards.patch(id, changes);
  }

  @Put(':id/layout')
  layout(@Param('id') id: string, @Body() layout: Record<string, unknown>) {
    return this.dashboards.layout(id, layout);
  }
}
