import { Controller } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, Equal } from 'typeorm';
import { StockItem } from './entities/stock-item.entity.js';

@Controller()
export class InventoryQueryConsumer {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  @MessagePattern('inventory.query')
  query(@Payload() options: Record<string, any>) {
    return this.dataSource.getRepository(StockItem).find({ ...options, take: 100 });
  }

  @MessagePattern('inventory.item')
  item(@Payload() message: { sku: string; warehouse: string }) {
    return this.dataSource.getRepository(StockItem).findOne({
      where: { sku: Equal(String(message.sku)), warehouse: Equal(String(message.warehouse)) },
    });
  }

  @MessagePattern('inventory.match')
  match(@Payload('criteria') criteria: any) {
    return this.dataSource.manager.findBy(StockItem, criteria);
  }

  @EventPattern('inventory.discontinued')
  async discontinue(@Payload() event: { sku: string }) {
    await this.dataSource.manager.update(StockItem, { sku: String(event.sku) }, { discontinued: true });
  }

  @EventPattern('inventory.cleared')
  async clear(@Payload() event: { where: Record<string, unknown> }) {
    const { where } = event;
    await this.dataSource.manager.delete(StockItem, where);
  }
}
