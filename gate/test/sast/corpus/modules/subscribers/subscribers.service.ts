import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Subscriber } from './subscriber.entity.js';

@Injectable()
export class SubscribersService {
  constructor(@InjectRepository(Subscriber) private readonly subscribers: Repository<Subscriber>) {}

  async create(input: { email: string; name: string }) {
    const { identifiers } = await this.subscribers.insert({ email: input.email, name: input.name });
    return identifiers[0];
  }

  async update(id: string, changes: Partial<Subscriber>) {
    await this.subscribers.update({ id }, changes);
    return this.subscribers.findOneByOrFail({ id });
  }
}
