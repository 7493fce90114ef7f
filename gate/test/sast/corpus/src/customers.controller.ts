import { Body, Controller, Injectable, Param, ParseUUIDPipe, Patch, Post, Put, ValidationPipe } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsEmail, IsString, Length } from 'class-validator';
import { Repository } from 'typeorm';
import { Customer } from './entities/customer.entity.js';

export class CreateCustomerDto {
  @IsEmail()
  email: string;

  @IsString()
  @Length(1, 80)
  name: string;
}

@Injectable()
export class CustomersService {
  constructor(@InjectRepository(Customer) readonly customers: Repository<Customer>) {}

  create(body: Partial<Customer>) {
    return this.customers.save(body);
  }

  register(dto: CreateCustomerDto) {
    return this.customers.save(this.customers.create({ email: dto.email, name: dto.name }));
  }

  async replace(id: string, body: any) {
    const customer = await this.customers.findOneByOrFail({ id });
    Object.assign(customer, body);
    return this.customers.save(customer);
  }

  async rename(id: string, name: string) {
    const customer = await this.customers.findOneByOrFail({ id });
    Object.assign(customer, { name, updatedAt: new Date() });
    return this.customers.save(customer);
  }
}

@Controller('customers')
export class CustomersController {
  constructor(private readonly service: CustomersService) {}

  @Post()
  create(@Body() body: Partial<Customer>) {
    return this.service.create(body);
  }

  @Post('register')
  register(@Body(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true })) dto: CreateCustomerDto) {
    return this.service.register(dto);
  }

  @Put(':id')
  replace(@Param('id', ParseUUIDPipe) id: string, @Body() body: any) {
    return this.service.replace(id, body);
  }

  @Patch(':id/name')
  rename(@Param('id', ParseUUIDPipe) id: string, @Body('name') name: string) {
    return this.service.rename(id, String(name));
  }
}
