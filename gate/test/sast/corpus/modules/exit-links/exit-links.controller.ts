import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import { ExitLinksService } from './exit-links.service.js';

@Controller('out')
export class ExitLinksController {
  constructor(private readonly links: ExitLinksService) {}

  @Get('partner/:id')
  partner(@Param('id') id: string, @Res() res: Response) {
    res.redirect(this.links.partner(id));
  }

  @Get('page')
  page(@Query('to') to: string, @Res() res: Response) {
    res.redirect(this.links.page(to));
  }
}
