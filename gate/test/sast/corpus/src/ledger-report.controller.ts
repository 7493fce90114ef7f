import { Controller, Get, Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Pool } from 'pg';

type LedgerQuery = { account?: string; from?: string; to?: string; sort?: string };

function buildFilter(query: LedgerQuery): string {
  const parts: string[] = ['deleted_at IS NULL'];
  if (query.account) parts.push(`account_no = '${query.account}'`);
  if (query.from) parts.push(`booked_on >= '${query.from}'`);
  if (query.to) parts.push(`booked_on <= '${query.to}'`);
  return parts.join(' AND ');
}

@Controller('ledger')
export class LedgerReportController {
  constructor(@Inject('PG_POOL') private readonly pool: Pool) {}

  @Get('entries')
  async entries(@Req() req: FastifyRequest<{ Querystring: LedgerQuery }>) {
    const where = buildFilter(req.query);
    const result = await this.pool.query(`SELECT * FROM ledger_entry WHERE ${where} ORDER BY booked_on`);
    return result.rows;
  }

  @Get('balance')
  async balance(@Req() req: FastifyRequest<{ Querystring: LedgerQuery }>) {
    const { account, to = new Date().toISOString() } = req.query;
    const result = await this.pool.query({
      text: 'SELECT sum(amount) AS balance FROM ledger_entry WHERE account_no = $1 AND booked_on <= $2',
      values: [account, to],
    });
    return result.rows[0];
  }

  @Get('accounts')
  async accounts(@Req() req: FastifyRequest<{ Querystring: LedgerQuery }>) {
    const { sort = 'account_no' } = req.query;
    const client = await this.pool.connect();
    try {
      const { rows } = await client.query('SELECT account_no, holder FROM account ORDER BY ' + sort);
      return rows;
    } finally {
      client.release();
    }
  }

  @Get('periods')
  async periods(@Req() req: FastifyRequest<{ Querystring: LedgerQuery }>) {
    const direction = req.query.sort === 'desc' ? 'DESC' : 'ASC';
    const { rows } = await this.pool.query(`SELECT DISTINCT period FROM ledger_entry ORDER BY period ${direction}`);
    return rows;
  }
}
