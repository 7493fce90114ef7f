import { BadRequestException, Controller, Get, Headers, Query } from '@nestjs/common';
import { InjectDataSource, InjectRepository } from '@nestjs/typeorm';
import { DataSource, Raw, Repository } from 'typeorm';
import { TenantEvent } from './entities/tenant-event.entity.js';

const SCHEMA_NAME = /^tenant_[a-z0-9]{4,32}$/;

@Controller('tenant-events')
export class TenantEventsController {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @InjectRepository(TenantEvent) private readonly events: Repository<TenantEvent>,
  ) {}

  @Get('summary')
  async summary(@Headers('x-tenant') tenant: string) {
    return this.dataSource.transaction(async (manager) => {
      await manager.query(`SET LOCAL search_path TO ${tenant}, public`);
      return manager.query('SELECT kind, count(*) FROM event GROUP BY kind');
    });
  }

  @Get('daily')
  async daily(@Headers('x-tenant') tenant: string) {
    if (!SCHEMA_NAME.test(tenant)) {
      throw new BadRequestException('unknown tenant');
    }
    return this.dataSource.transaction(async (manager) => {
      await manager.query(`SET LOCAL search_path TO ${tenant}, public`);
      return manager.query("SELECT date_trunc('day', at) AS day, count(*) FROM event GROUP BY 1");
    });
  }

  @Get('since')
  since(@Query('since') since: string) {
    return this.events.find({
      where: { at: Raw((alias) => `${alias} > '${since}'`) },
      take: 100,
    });
  }

  @Get('until')
  until(@Query('until') until: string) {
    return this.events.find({
      where: { at: Raw((alias) => `${alias} <= :until`, { until }) },
      take: 100,
    });
  }
}
