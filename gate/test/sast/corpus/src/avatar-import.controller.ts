import { BadRequestException, Body, Controller, Post } from '@nestjs/common';
import axios from 'axios';
import { IsUrl } from 'class-validator';

export class ImportAvatarDto {
  @IsUrl()
  avatarUrl: string;
}

const CDN = 'https://cdn.example.com';

@Controller('avatars')
export class AvatarImportController {
  @Post('import')
  async import(@Body() dto: ImportAvatarDto) {
    const { data, headers } = await axios.get<ArrayBuffer>(dto.avatarUrl, { responseType: 'arraybuffer' });
    return { type: headers['content-type'], size: data.byteLength };
  }

  @Post('import-cdn')
  async importFromCdn(@Body('url') url: string) {
    if (!url.startsWith(CDN)) {
      throw new BadRequestException('only images of our CDN');
    }
    const { data } = await axios.get<ArrayBuffer>(url, { responseType: 'arraybuffer' });
    return { size: data.byteLength };
  }

  @Post('import-path')
  async importPath(@Body('path') path: string) {
    const url = new URL(path, CDN);
    if (url.origin !== CDN) {
      throw new BadRequestException('only images of our CDN');
    }
    const { data } = await axios.get<ArrayBuffer>(url.toString(), { responseType: 'arraybuffer' });
    return { size: data.byteLength };
  }
}
