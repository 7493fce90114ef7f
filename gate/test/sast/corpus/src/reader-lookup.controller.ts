import { Body, Controller, Delete, Get, Post, Query } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository } from 'typeorm';
import { Reader } from './entities/reader.entity.js';

const VISIBLE = ['active', 'paused'];

@Controller('readers')
export class ReaderLookupController {
  constructor(@InjectRepository(Reader) private readonly readers: Repository<Reader>) {}

  @Post('search')
  search(@Body() body: any) {
    return this.readers.find(body);
  }

  @Post('filter')
  filter(@Body() filter: Record<string, any>) {
    return this.readers.find({ where: filter, take: 50 });
  }

  @Post('by-city')
  byCity(@Body() body: { city: string; limit?: number }) {
    return this.readers.find({ where: { city: String(body.city) }, take: 50 });
  }

  @Get()
  list(@Query('status') status: string) {
    const wanted = VISIBLE.includes(status) ? [status] : VISIBLE;
    return this.readers.find({ where: { status: In(wanted) }, order: { name: 'ASC' }, take: 50 });
  }

  @Delete()
  async remove(@Body() criteria: any) {
    const { affected } = await this.readers.delete(criteria);
    return { affected };
  }

  @Delete('expired')
  async removeExpired() {
    const { affected } = await this.readers.delete({ status: 'expired' });
    return { affected };
  }
}
