import { HttpService } from '@nestjs/axios';
import { Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { resolveTarget } from './allowed-targets.js';

@Injectable()
export class PartnerProxyService {
  constructor(private readonly http: HttpService) {}

  async forward(target: string) {
    const url = resolveTarget(target);
    const { data } = await firstValueFrom(this.http.get(url.href, { maxRedirects: 0 }));
    return data;
  }

  async callback(host: string, event: string) {
    const { status } = await firstValueFrom(this.http.post(`https://${host}/callbacks`, { event }));
    return { status };
  }
}
