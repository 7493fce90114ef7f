import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import { PageRenderer } from './page-renderer.js';

@Controller('l')
export class LandingPagesController {
  constructor(private readonly renderer: PageRenderer) {}

  @Get(':slug')
  show(@Param('slug') slug: string, @Query('greeting') greeting: string, @Res() res: Response) {
    this.renderer.hero(res, slug, greeting);
  }

  @Get(':slug/thanks')
  thanks(@Query('name') name: string, @Res() res: Response) {
    this.renderer.thanks(res, name);
  }
}
