import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

@Injectable()
export class InvoicesService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  list(customer: string, order: string) {
    return this.dataSource.query(`SELECT * FROM invoice WHERE customer_no = $1 ORDER BY ${order}`, [customer]);
  }

  byNumber(number: string) {
    return this.dataSource.query('SELECT * FROM invoice WHERE number = $1', [number]);
  }

  overdue(before: string) {
    return this.dataSource
      .createQueryBuilder()
      .select('invoice.id')
      .from('invoice', 'invoice')
      .where('invoice.due < :before', { before })
      .andWhere('invoice.paid_at IS NULL')
      .getRawMany();
  }
}
