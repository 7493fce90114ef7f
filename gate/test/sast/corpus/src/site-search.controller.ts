import { Controller, Get, Param, ParseIntPipe, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import escapeHtml from 'escape-html';

@Controller('site')
export class SiteSearchController {
  private readonly pages = [
    { title: 'Shipping', path: '/help/shipping' },
    { title: 'Returns', path: '/help/returns' },
  ];

  @Get('search')
  search(@Query('q') q: string, @Res() res: Response) {
    const hits = this.pages.filter((page) => page.title.toLowerCase().includes(q.toLowerCase()));
    const items = hits.map((hit) => `<li><a href="${hit.path}">${hit.title}</a></li>`).join('');
    res.send(`<h1>Results for ${q}</h1><ul>${items}</ul>`);
  }

  @Get('search/print')
  print(@Query('q') q: string, @Res() res: Response) {
    const hits = this.pages.filter((page) => page.title.includes(q));
    res.send(`<h1>Results for ${escapeHtml(q)}</h1><p>${hits.length} pages</p>`);
  }

  @Get('search/json')
  json(@Query('q') q: string, @Res() res: Response) {
    res.json({ q, hits: this.pages.filter((page) => page.title.includes(q)) });
  }

  @Get('pages/:page')
  page(@Param('page', ParseIntPipe) page: number, @Res() res: Response) {
    res.type('html').send(`<p>Page ${page} of ${this.pages.length}</p>`);
  }

  @Get('missing')
  missing(@Query() query: { from?: string }, @Res() res: Response) {
    let html = '<html><body><p>Nothing here.</p>';
    html += '<p>You came from <b>' + query.from + '</b></p>';
    html += '</body></html>';
    res.status(404).type('text/html').end(html);
  }
}
