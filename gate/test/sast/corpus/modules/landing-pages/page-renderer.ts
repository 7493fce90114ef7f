import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import escapeHtml from 'escape-html';

@Injectable()
export class PageRenderer {
  hero(res: Response, slug: string, greeting: string) {
    const classes = `page page-${encodeURIComponent(slug)}`;
    res.type('html').send(`<body class="${classes}"><h1>${greeting}</h1></body>`);
  }

  thanks(res: Response, name: string) {
    res.type('html').send(`<body><h1>Thank you, ${escapeHtml(name)}</h1></body>`);
  }
}
