import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { sortClause } from './sort-order.js';

@Injectable()
export class WarehouseReportsService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  stock(warehouseId: number, sort: string) {
    return this.dataSource.query(`SELECT sku, quantity FROM stock WHERE warehouse_id = $1 ORDER BY ${sortClause(sort)}`, [warehouseId]);
  }

  movements(warehouseId: number) {
    return this.dataSource.query(`SELECT * FROM movement WHERE warehouse_id = ${warehouseId} ORDER BY at DESC LIMIT 100`);
  }
}
