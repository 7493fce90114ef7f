import { Injectable } from '@nestjs/common';
import { FeedClient } from './feed.client.js';

@Injectable()
export class FeedsService {
  private readonly feeds = new Map<string, string>();

  constructor(private readonly client: FeedClient) {}

  async add(name: string, url: string) {
    const document = await this.client.download(url);
    this.feeds.set(name, url);
    return { name, length: document.length };
  }

  catalogue(name: string) {
    return this.client.catalogueEntry(name);
  }
}
