import { Controller, Get, NotFoundException, Param, Res } from '@nestjs/common';
import type { Response } from 'express';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const DOCUMENT_ROOT = join(process.cwd(), 'storage', 'documents');

@Controller('documents')
export class DocumentsController {
  @Get(':name')
  download(@Param('name') name: string, @Res() res: Response) {
    const file = join(DOCUMENT_ROOT, name);
    if (!existsSync(file)) {
      throw new NotFoundException();
    }
    res.sendFile(file);
  }

  @Get(':name/inline')
  inline(@Param('name') name: string, @Res() res: Response) {
    res.type('application/pdf');
    res.sendFile(name, { root: DOCUMENT_ROOT, dotfiles: 'deny' });
  }

  @Get('legal/terms')
  terms(@Res() res: Response) {
    res.sendFile(join(DOCUMENT_ROOT, 'legal', 'terms.pdf'));
  }

  @Get('archive/:year/:name')
  archive(@Param() params: { year: string; name: string }, @Res() res: Response) {
    res.download(`${DOCUMENT_ROOT}/archive/${params.year}/${params.name}`, 'document.pdf');
  }
}
