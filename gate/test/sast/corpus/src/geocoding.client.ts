import { HttpService } from '@nestjs/axios';
import { Inject, Injectable, UnauthorizedException } from '@nestjs/common';
import { createHmac } from 'node:crypto';
import { firstValueFrom } from 'rxjs';

export const API_KEY = 'GEOCODING_API_KEY';
const PASSWORD_MIN_LENGTH = 12;
const WRONG_PASSWORD = 'The password is wrong or has expired';

@Injectable()
export class GeocodingClient {
  private readonly mapKey = 'mk-71c0de55aa90b3f4e2d8';

  constructor(
    private readonly http: HttpService,
    @Inject(API_KEY) private readonly key: string,
  ) {}

  async locate(address: string) {
    const { data } = await firstValueFrom(
      this.http.get('https://geo.example.com/v1/search', { params: { q: address }, headers: { 'x-api-key': this.key } }),
    );
    return data;
  }

  tileUrl(x: number, y: number) {
    return `https://tiles.example.com/${x}/${y}.png?key=${this.mapKey}`;
  }

  signedLink(path: string) {
    const mac = createHmac('sha256', 'tile-link-4471').update(path).digest('hex');
    return `https://tiles.example.com${path}?mac=${mac}`;
  }

  login(user: string, password: string) {
    if (password.length < PASSWORD_MIN_LENGTH) {
      throw new UnauthorizedException(WRONG_PASSWORD);
    }
    return { user };
  }
}
