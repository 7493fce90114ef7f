import { Controller } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

const COUNTABLE = {
  users: 'app_user',
  orders: 'orders',
  refunds: 'refund',
} as const;

@Controller()
export class StatsConsumer {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  @MessagePattern('stats.count')
  async count(@Payload() payload: { resource: keyof typeof COUNTABLE }) {
    const table = Object.hasOwn(COUNTABLE, payload.resource) ? COUNTABLE[payload.resource] : null;
    if (!table) {
      return { total: 0 };
    }
    const [row] = await this.dataSource.query(`SELECT count(*)::int AS total FROM ${table}`);
    return row;
  }

  @MessagePattern('stats.sum')
  async sum(@Payload() { table, column }: { table: string; column: string }) {
    const runner = this.dataSource.createQueryRunner();
    try {
      const [row] = await runner.query(`SELECT sum(${column}) AS total FROM ${table}`);
      return { total: Number(row.total) };
    } finally {
      await runner.release();
    }
  }

  @EventPattern('stats.visit')
  async visit(@Payload() event: { path: string; visitorId: string }) {
    await this.dataSource.sql`INSERT INTO visit (path, visitor_id) VALUES (${event.path}, ${event.visitorId})`;
  }

  @EventPattern('stats.purge')
  async purge(@Payload() event: { before: string }) {
    await this.dataSource.query("DELETE FROM visit WHERE created_at < '" + event.before + "'");
  }
}
