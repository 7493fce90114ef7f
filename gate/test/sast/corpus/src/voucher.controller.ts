import { Controller, Get, Injectable, Post } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { randomBytes } from 'node:crypto';

@Injectable()
export class VoucherService {
  private readonly banners = ['summer', 'outlet', 'new-in'];

  createSecret(): { clientId: string; clientSecret: string } {
    const clientId = `client-${Math.floor(Math.random() * 1e6)}`;
    const clientSecret = [1, 2, 3, 4].map(() => Math.random().toString(16).slice(2, 10)).join('');
    return { clientId, clientSecret };
  }

  createVoucher(): string {
    return randomBytes(9).toString('base64url').toUpperCase();
  }

  banner(): string {
    return this.banners[Math.floor(Math.random() * this.banners.length)];
  }
}

@Controller('vouchers')
export class VoucherController {
  constructor(private readonly vouchers: VoucherService) {}

  @Post()
  create() {
    return { code: this.vouchers.createVoucher() };
  }

  @Get('banner')
  banner() {
    return { banner: this.vouchers.banner() };
  }

  @MessagePattern('partner.credentials')
  credentials() {
    return this.vouchers.createSecret();
  }
}
