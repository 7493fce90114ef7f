import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';

export interface Listener {
  sub: string;
}

@Injectable()
export class TokenReader {
  constructor(private readonly jwt: JwtService) {}

  read(token: string): Listener {
    return this.jwt.decode<Listener>(token);
  }

  check(token: string): Promise<Listener> {
    return this.jwt.verifyAsync<Listener>(token, { algorithms: ['HS256'] });
  }
}
