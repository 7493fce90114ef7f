import { Controller, Get, Header, Param, ParseEnumPipe, ParseIntPipe, ParseUUIDPipe, Query, Res, StreamableFile } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { FastifyReply } from 'fastify';
import Handlebars from 'handlebars';
import { Readable } from 'node:stream';
import { DataSource } from 'typeorm';

enum Period {
  Day = 'day',
  Week = 'week',
  Month = 'month',
}

interface Line {
  label: string;
  amount: string;
  booked: Date;
}

const page = Handlebars.compile(`<!doctype html>
<html>
  <head><title>{{title}}</title></head>
  <body>
    <h1>{{title}}</h1>
    <table>
      {{#each lines}}<tr><td>{{label}}</td><td>{{amount}}</td></tr>{{/each}}
    </table>
  </body>
</html>`);

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function html(strings: TemplateStringsArray, ...values: unknown[]): string {
  return strings.reduce((out, part, i) => {
    const value = i < values.length ? String(values[i]).replace(/[&<>"']/g, (char) => ENTITIES[char]) : '';
    return out + part + value;
  }, '');
}

function csvCell(value: unknown): string {
  const text = String(value ?? '');
  const guarded = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${guarded.replaceAll('"', '""')}"`;
}

@Controller('reports')
export class ReportPagesController {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  @Get('accounts/:id')
  async account(@Param('id', ParseUUIDPipe) id: string, @Query('title') title: string, @Res() reply: FastifyReply) {
    const lines = await this.lines(id, Period.Month);
    return reply.type('text/html; charset=utf-8').send(page({ title: title ?? 'Report', lines }));
  }

  @Get('accounts/:id/note')
  @Header('Content-Type', 'text/html; charset=utf-8')
  note(@Param('id', ParseUUIDPipe) id: string, @Query('text') text: string) {
    return html`<article id="${id}"><p>${text ?? ''}</p></article>`;
  }

  @Get('accounts/:id/csv')
  async csv(@Param('id', ParseUUIDPipe) id: string, @Query('period', new ParseEnumPipe(Period)) period: Period) {
    const lines = await this.lines(id, period);
    const rows = lines.map((line) => [line.label, line.amount, line.booked.toISOString()].map(csvCell).join(';'));
    return new StreamableFile(Readable.from(rows.map((row) => `${row}\r\n`)), {
      type: 'text/csv',
      disposition: `attachment; filename="report-${period}.csv"`,
    });
  }

  @Get('accounts/:id/page/:number')
  async page(
    @Param('id', ParseUUIDPipe) id: string,
    @Param('number', ParseIntPipe) number: number,
    @Res() reply: FastifyReply,
  ) {
    const offset = Math.max(number - 1, 0) * 50;
    const lines: Line[] = await this.dataSource.query(
      `SELECT label, amount, booked FROM line WHERE account_id = $1 ORDER BY booked LIMIT 50 OFFSET ${offset}`,
      [id],
    );
    const items = lines.map((line) => html`<li>${line.label}: ${line.amount}</li>`).join('');
    return reply.type('text/html').send(`<h1>Page ${number}</h1><ul>${items}</ul>`);
  }

  @Get('latest')
  latest(@Res() reply: FastifyReply) {
    const year = new Date().getUTCFullYear();
    return reply.redirect(`/reports/years/${year}`, 302);
  }

  private lines(accountId: string, period: Period): Promise<Line[]> {
    const columns = { day: 'booked', week: 'booked_week', month: 'booked_month' }[period];
    return this.dataSource.query(
      `SELECT label, amount, booked FROM line WHERE account_id = $1 AND ${columns} >= date_trunc('${period}', now()) ORDER BY booked`,
      [accountId],
    );
  }
}
