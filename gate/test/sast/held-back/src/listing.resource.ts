import { Body, Controller, Param, ParseIntPipe, Patch, Post, Req, ValidationPipe } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, MaxLength, Min } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { Repository } from 'typeorm';
import { Listing } from './entities/listing.entity.js';

export class UpdateListingDto {
  @IsOptional()
  @IsString()
  @MaxLength(120)
  title?: string;

  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  price?: number;
}

@Controller('listings')
export class ListingController {
  constructor(@InjectRepository(Listing) private readonly listings: Repository<Listing>) {}

  @Post()
  async create(@Req() req: FastifyRequest<{ Body: Record<string, any> }>) {
    const result = await this.listings.insert(req.body);
    return result.identifiers[0];
  }

  @Patch(':id')
  async update(
    @Param('id', ParseIntPipe) id: number,
    @Body(new ValidationPipe({ whitelist: true, transform: true })) dto: UpdateListingDto,
  ) {
    await this.listings.update({ id }, dto);
    return this.listings.findOneByOrFail({ id });
  }

  @Patch(':id/details')
  async details(@Param('id', ParseIntPipe) id: number, @Body() body: Record<string, any>) {
    const listing = await this.listings.findOneByOrFail({ id });
    const merged = this.listings.merge(listing, body);
    return this.listings.save(merged);
  }

  @Patch(':id/publish')
  async publish(@Param('id', ParseIntPipe) id: number, @Body('title') title: string) {
    const listing = await this.listings.findOneByOrFail({ id });
    const merged = this.listings.merge(listing, { title: String(title), published: true });
    return this.listings.save(merged);
  }
}
