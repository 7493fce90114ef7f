import { Body, Controller, Injectable, Param, ParseUUIDPipe, Post } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Wallet } from './entities/wallet.entity.js';

@Injectable()
export class WalletService {
  constructor(@InjectRepository(Wallet) private readonly wallets: Repository<Wallet>) {}

  async credit(id: string, amount: string) {
    await this.wallets
      .createQueryBuilder()
      .update(Wallet)
      .set({ balance: () => `balance + ${amount}` })
      .where('id = :id', { id })
      .execute();
  }

  async debit(id: string, amount: string) {
    await this.wallets
      .createQueryBuilder()
      .update(Wallet)
      .set({ balance: () => 'balance - :amount' })
      .where('id = :id', { id })
      .setParameter('amount', amount)
      .execute();
  }

  findMany(ids: string[]) {
    const marks = ids.map((_, i) => `$${i + 1}`).join(', ');
    return this.wallets.query(`SELECT id, balance FROM wallet WHERE id IN (${marks})`, ids);
  }

  freeze(ids: string[]) {
    return this.wallets.query(`UPDATE wallet SET frozen = true WHERE id IN ('${ids.join("','")}')`);
  }
}

@Controller('wallets')
export class WalletController {
  constructor(private readonly service: WalletService) {}

  @Post(':id/credit')
  credit(@Param('id', ParseUUIDPipe) id: string, @Body('amount') amount: string) {
    return this.service.credit(id, amount);
  }

  @Post(':id/debit')
  debit(@Param('id', ParseUUIDPipe) id: string, @Body('amount') amount: string) {
    return this.service.debit(id, amount);
  }

  @Post('lookup')
  lookup(@Body('ids') ids: string[]) {
    return this.service.findMany(ids);
  }

  @Post('freeze')
  freeze(@Body('ids') ids: string[]) {
    return this.service.freeze(ids);
  }
}
