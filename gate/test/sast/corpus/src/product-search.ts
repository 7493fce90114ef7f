import { Controller, DefaultValuePipe, Get, Injectable, ParseIntPipe, Query } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Product } from './entities/product.entity.js';

const SORT_COLUMNS: Record<string, string> = {
  price: 'product.price',
  name: 'product.name',
  newest: 'product.createdAt',
};

@Injectable()
export class ProductSearchService {
  constructor(@InjectRepository(Product) private readonly products: Repository<Product>) {}

  search(term: string, category: string | undefined, page: number) {
    const qb = this.products
      .createQueryBuilder('product')
      .leftJoinAndSelect('product.brand', 'brand')
      .where(`product.name ILIKE '%${term}%'`);
    if (category) {
      qb.andWhere("product.category = '" + category + "'");
    }
    return qb.skip((page - 1) * 20).take(20).getManyAndCount();
  }

  suggest(term: string) {
    return this.products
      .createQueryBuilder('product')
      .select(['product.id', 'product.name'])
      .where('product.name ILIKE :term', { term: `${term}%` })
      .take(8)
      .getMany();
  }

  listSorted(sort: string, brandId: string) {
    return this.products
      .createQueryBuilder('product')
      .where('product.brandId = :brandId', { brandId })
      .orderBy(SORT_COLUMNS[sort] ?? 'product.name', 'ASC')
      .getMany();
  }

  listByColumn(column: string, direction: string) {
    return this.products
      .createQueryBuilder('product')
      .orderBy(column, direction === 'desc' ? 'DESC' : 'ASC')
      .take(50)
      .getMany();
  }
}

@Controller('products')
export class ProductSearchController {
  constructor(private readonly service: ProductSearchService) {}

  @Get('search')
  search(
    @Query('q') q: string,
    @Query('category') category: string,
    @Query('page', new DefaultValuePipe(1), ParseIntPipe) page: number,
  ) {
    return this.service.search(q, category, page);
  }

  @Get('suggest')
  suggest(@Query('q') q: string) {
    return this.service.suggest(q);
  }

  @Get('sorted')
  sorted(@Query('sort') sort: string, @Query('brand') brand: string) {
    return this.service.listSorted(sort, brand);
  }

  @Get()
  all(@Query('column') column: string, @Query('dir') dir: string) {
    return this.service.listByColumn(column, dir);
  }
}
