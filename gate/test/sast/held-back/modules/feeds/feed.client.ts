import { Injectable } from '@nestjs/common';
import { request } from 'undici';

const CATALOGUE = 'https://feeds.example.com/v2';

@Injectable()
export class FeedClient {
  async download(url: string): Promise<string> {
    const { body } = await request(url, { headersTimeout: 5000, bodyTimeout: 5000 });
    return body.text();
  }

  async catalogueEntry(name: string): Promise<unknown> {
    const { body } = await request(`${CATALOGUE}/entries/${encodeURIComponent(name)}`);
    return body.json();
  }
}
