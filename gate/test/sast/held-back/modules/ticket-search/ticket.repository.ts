import { Injectable } from '@nestjs/common';
import { DataSource, Repository } from 'typeorm';
import { Ticket } from './ticket.entity.js';

@Injectable()
export class TicketRepository extends Repository<Ticket> {
  constructor(dataSource: DataSource) {
    super(Ticket, dataSource.createEntityManager());
  }

  matching(conditions: string[]) {
    const qb = this.createQueryBuilder('ticket');
    conditions.forEach((condition) => qb.andWhere(condition));
    return qb.take(50).getMany();
  }

  withText(text: string) {
    return this.createQueryBuilder('ticket')
      .where('ticket.subject ILIKE :text', { text: `%${text}%` })
      .orderBy('ticket.createdAt', 'DESC')
      .take(10)
      .getMany();
  }
}
