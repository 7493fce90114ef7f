import { Injectable } from '@nestjs/common';
import { DiskStorage } from './disk-storage.js';

@Injectable()
export class AttachmentsService {
  constructor(private readonly storage: DiskStorage) {}

  async open(mailbox: string, name: string) {
    const key = ['mail', mailbox, name].join('/');
    return { stream: this.storage.read(key), type: 'application/octet-stream' };
  }

  async remove(mailbox: string, name: string) {
    await this.storage.remove(['mail', mailbox, name].join('/'));
  }
}
