import { Controller, Get, Injectable, Param, ParseIntPipe, Query } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

interface OrderRow {
  id: number;
  status: string;
  total: string;
  placed_at: Date;
}

@Injectable()
export class OrdersService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  findByStatus(status: string): Promise<OrderRow[]> {
    return this.dataSource.query(`SELECT id, status, total, placed_at FROM orders WHERE status = '${status}'`);
  }

  findByCustomer(customerId: string): Promise<OrderRow[]> {
    return this.dataSource.query('SELECT id, status, total, placed_at FROM orders WHERE customer_id = $1', [customerId]);
  }

  latest(limit: number): Promise<OrderRow[]> {
    return this.dataSource.query(`SELECT id, status, total, placed_at FROM orders ORDER BY placed_at DESC LIMIT ${limit}`);
  }

  async trackingEvents(reference: string) {
    const sql = "SELECT event, at FROM tracking WHERE reference = '" + reference + "' ORDER BY at";
    const rows = await this.dataSource.manager.query(sql);
    return rows.map((r: { event: string; at: Date }) => ({ event: r.event, at: r.at.toISOString() }));
  }
}

@Controller('orders')
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Get()
  list(@Query('status') status: string) {
    return this.orders.findByStatus(status);
  }

  @Get('latest/:limit')
  latest(@Param('limit', ParseIntPipe) limit: number) {
    return this.orders.latest(Math.min(limit, 100));
  }

  @Get('customer/:customerId')
  byCustomer(@Param('customerId') customerId: string) {
    return this.orders.findByCustomer(customerId);
  }

  @Get('tracking/:reference')
  tracking(@Param('reference') reference: string) {
    return this.orders.trackingEvents(reference);
  }
}
