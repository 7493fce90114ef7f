import { Injectable } from '@nestjs/common';
import { InjectDataSource, InjectRepository } from '@nestjs/typeorm';
import { Brackets, DataSource, In, Repository } from 'typeorm';
import { CatalogItem } from './entities/catalog-item.entity.js';

export interface CatalogFilter {
  term?: string;
  brands?: string[];
  minPrice?: number;
  maxPrice?: number;
  sort?: string;
  direction?: string;
  page?: number;
}

const SORTABLE = new Map<string, string>([
  ['name', 'item.name'],
  ['price', 'item.price'],
  ['created', 'item.createdAt'],
]);

const BUCKETS = { day: 'day', week: 'week', month: 'month' } as const;
const PAGE_SIZE = 24;

@Injectable()
export class CatalogRepository {
  constructor(
    @InjectRepository(CatalogItem) private readonly items: Repository<CatalogItem>,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {}

  search(filter: CatalogFilter) {
    const qb = this.items.createQueryBuilder('item').leftJoinAndSelect('item.brand', 'brand').where('item.deletedAt IS NULL');

    if (filter.term) {
      const term = `%${filter.term.replace(/[\\%_]/g, '\\$&')}%`;
      qb.andWhere(
        new Brackets((inner) => {
          inner.where('item.name ILIKE :term', { term }).orWhere('item.description ILIKE :term', { term });
        }),
      );
    }
    if (filter.brands?.length) {
      qb.andWhere('brand.slug IN (:...brands)', { brands: filter.brands });
    }
    if (filter.minPrice !== undefined) {
      qb.andWhere('item.price >= :min', { min: filter.minPrice });
    }
    if (filter.maxPrice !== undefined) {
      qb.andWhere('item.price <= :max', { max: filter.maxPrice });
    }

    const column = SORTABLE.get(filter.sort ?? '') ?? 'item.name';
    qb.orderBy(column, filter.direction === 'desc' ? 'DESC' : 'ASC');
    return qb
      .skip((Math.max(filter.page ?? 1, 1) - 1) * PAGE_SIZE)
      .take(PAGE_SIZE)
      .getManyAndCount();
  }

  byIds(ids: string[]) {
    return this.items.find({ where: { id: In(ids.map(String)) } });
  }

  async salesOver(bucket: string, since: Date) {
    const unit = Object.hasOwn(BUCKETS, bucket) ? BUCKETS[bucket as keyof typeof BUCKETS] : 'day';
    return this.dataSource.query(
      `SELECT date_trunc($1, sold_at) AS bucket, sum(quantity)::int AS sold
         FROM sale
        WHERE sold_at >= $2
        GROUP BY 1
        ORDER BY 1`,
      [unit, since],
    );
  }

  async reprice(changes: Array<{ id: string; price: number }>) {
    if (changes.length === 0) {
      return 0;
    }
    const rows = changes.map((_, i) => `($${i * 2 + 1}::uuid, $${i * 2 + 2}::numeric)`).join(', ');
    const values = changes.flatMap((change) => [change.id, change.price]);
    const [, affected] = await this.dataSource.query(
      `UPDATE catalog_item AS item SET price = change.price FROM (VALUES ${rows}) AS change (id, price) WHERE item.id = change.id`,
      values,
    );
    return affected as number;
  }

  async neighbours(id: string, limit: number) {
    const count = Number.isInteger(limit) ? Math.min(Math.max(limit, 1), 50) : 10;
    return this.items.query(`SELECT id, name FROM catalog_item WHERE id <> $1 ORDER BY random() LIMIT ${count}`, [id]);
  }

  async tableSizes() {
    const tables = this.dataSource.entityMetadatas.map((meta) => meta.tableName);
    const sizes: Record<string, number> = {};
    for (const table of tables) {
      const [row] = await this.dataSource.query('SELECT pg_total_relation_size($1::regclass) AS bytes', [table]);
      sizes[table] = Number(row.bytes);
    }
    return sizes;
  }

  async rename(id: string, name: string) {
    await this.items.update({ id }, { name: String(name) });
  }
}
