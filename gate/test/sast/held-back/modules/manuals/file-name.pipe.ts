import { BadRequestException, Injectable, PipeTransform } from '@nestjs/common';

@Injectable()
export class FileNamePipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (typeof value !== 'string' || !/^[a-z0-9][a-z0-9-]{0,60}\.(pdf|html)$/.test(value)) {
      throw new BadRequestException('file name');
    }
    return value;
  }
}
