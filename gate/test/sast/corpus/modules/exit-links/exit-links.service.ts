import { BadRequestException, Injectable, NotFoundException } from '@nestjs/common';

const PARTNERS: ReadonlyMap<string, string> = new Map([
  ['umbrella', 'https://www.umbrella.example/'],
  ['initech', 'https://www.initech.example/start'],
]);
const SITE = 'https://www.example.com';

@Injectable()
export class ExitLinksService {
  partner(id: string): string {
    const url = PARTNERS.get(id);
    if (!url) {
      throw new NotFoundException();
    }
    return url;
  }

  page(to: string): string {
    const url = new URL(to, SITE);
    if (url.origin !== SITE) {
      throw new BadRequestException();
    }
    return url.href;
  }
}
