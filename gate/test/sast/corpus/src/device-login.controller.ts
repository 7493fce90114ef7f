import { BadRequestException, Body, Controller, Get, Post, Query, UnauthorizedException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { createHash } from 'node:crypto';
import { MongoRepository } from 'typeorm';
import { Device } from './entities/device.entity.js';

@Controller('devices')
export class DeviceLoginController {
  constructor(@InjectRepository(Device) private readonly devices: MongoRepository<Device>) {}

  @Post('login')
  async login(@Body() body: { serial: string; pin: string }) {
    const device = await this.devices.findOne({ where: { serial: body.serial, pin: body.pin } });
    if (!device) {
      throw new UnauthorizedException();
    }
    return { id: device.id };
  }

  @Post('activate')
  async activate(@Body() body: { serial: unknown; code: unknown }) {
    if (typeof body.serial !== 'string' || typeof body.code !== 'string') {
      throw new BadRequestException();
    }
    const code = createHash('sha256').update(body.code).digest('hex');
    const device = await this.devices.findOne({ where: { serial: body.serial, activation: code } });
    return { known: device !== null };
  }

  @Get('search')
  search(@Query('filter') filter: string) {
    return this.devices.find({ where: JSON.parse(filter), take: 20 });
  }

  @Get('by-model')
  byModel(@Query('model') model: unknown) {
    return this.devices.find({ where: { model: { $eq: String(model) } }, take: 20 });
  }
}
