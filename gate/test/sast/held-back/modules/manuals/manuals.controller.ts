import { Controller, Get, Param } from '@nestjs/common';
import { FileNamePipe } from './file-name.pipe.js';
import { ManualsService } from './manuals.service.js';

@Controller('manuals')
export class ManualsController {
  constructor(private readonly manuals: ManualsService) {}

  @Get(':file')
  read(@Param('file', FileNamePipe) file: string) {
    return this.manuals.read(file);
  }

  @Get(':file/outline')
  outline(@Param('file') file: string) {
    return this.manuals.outline(file);
  }
}
