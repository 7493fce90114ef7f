import { Body, Controller, Get, Header, Injectable, Post, Query } from '@nestjs/common';
import sanitizeHtml from 'sanitize-html';
import { marked } from 'marked';

interface Entry {
  author: string;
  text: string;
}

@Injectable()
export class GuestbookStore {
  private readonly entries: Entry[] = [];

  add(entry: Entry) {
    this.entries.unshift(entry);
  }

  latest(): Entry[] {
    return this.entries.slice(0, 20);
  }
}

@Controller('guestbook')
export class GuestbookController {
  constructor(private readonly store: GuestbookStore) {}

  @Post()
  add(@Body() entry: Entry) {
    this.store.add({ author: String(entry.author), text: String(entry.text) });
    return { ok: true };
  }

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  list() {
    const rows = this.store.latest().map((e) => `<dt>${e.author}</dt><dd>${e.text}</dd>`);
    return `<dl>${rows.join('')}</dl>`;
  }

  @Get('plain')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  @Header('X-Content-Type-Options', 'nosniff')
  plain() {
    return this.store.latest().map((e) => `${e.author}: ${e.text}`).join('\n');
  }

  @Get('preview')
  @Header('Content-Type', 'text/html')
  preview(@Query('markdown') markdown: string) {
    return marked.parse(markdown);
  }

  @Get('rendered')
  @Header('Content-Type', 'text/html')
  rendered(@Query('markdown') markdown: string) {
    const html = marked.parse(markdown, { async: false });
    return sanitizeHtml(html, { allowedTags: ['p', 'em', 'strong', 'ul', 'li', 'code'], allowedAttributes: {} });
  }
}
