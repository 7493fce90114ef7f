import { BadRequestException, Controller, Get, Injectable, Query } from '@nestjs/common';
import { HttpService } from '@nestjs/axios';
import { firstValueFrom } from 'rxjs';

const EMBED_HOSTS = new Set(['www.youtube.com', 'vimeo.com', 'open.spotify.com']);

@Injectable()
export class LinkPreviewService {
  constructor(private readonly http: HttpService) {}

  async title(link: string): Promise<string | null> {
    const { data } = await firstValueFrom(this.http.get<string>(link, { responseType: 'text', timeout: 5000 }));
    const match = /<title>([^<]{1,300})<\/title>/i.exec(data);
    return match ? match[1].trim() : null;
  }

  async embed(link: string) {
    const url = new URL(link);
    if (url.protocol !== 'https:' || !EMBED_HOSTS.has(url.host)) {
      throw new BadRequestException('host is not supported');
    }
    const { data } = await firstValueFrom(this.http.get(url.href, { maxRedirects: 0, timeout: 5000 }));
    return data;
  }

  async favicon(domain: string) {
    const response = await this.http.axiosRef.get(`http://${domain}/favicon.ico`, { responseType: 'arraybuffer' });
    return Buffer.from(response.data).toString('base64');
  }
}

@Controller('link-preview')
export class LinkPreviewController {
  constructor(private readonly previews: LinkPreviewService) {}

  @Get('title')
  async title(@Query('url') url: string) {
    return { title: await this.previews.title(url) };
  }

  @Get('embed')
  embed(@Query('url') url: string) {
    return this.previews.embed(url);
  }

  @Get('favicon')
  async favicon(@Query('domain') domain: string) {
    return { icon: await this.previews.favicon(domain) };
  }
}
