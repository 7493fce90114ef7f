import { Controller, Post, UploadedFile, UseInterceptors } from '@nestjs/common';
import { FileInterceptor } from '@nestjs/platform-express';
import { CourseImportService } from './course-import.service.js';

@Controller('courses')
export class CourseImportController {
  constructor(private readonly imports: CourseImportService) {}

  @Post('import')
  @UseInterceptors(FileInterceptor('archive'))
  import(@UploadedFile() file: { buffer: Buffer }) {
    return this.imports.import(file.buffer);
  }

  @Post('images')
  @UseInterceptors(FileInterceptor('archive'))
  images(@UploadedFile() file: { buffer: Buffer }) {
    return this.imports.images(file.buffer);
  }
}
