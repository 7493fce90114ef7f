import { Controller, Get, Headers, UnauthorizedException } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import jwt from 'jsonwebtoken';

const JWKS = createRemoteJWKSet(new URL('https://id.example.com/.well-known/jwks.json'));

const KEYS = new Map<string, string>([
  ['2025-a', process.env.ID_KEY_2025A ?? ''],
  ['2025-b', process.env.ID_KEY_2025B ?? ''],
]);

@Controller('identity')
export class IdentityController {
  @Get('me')
  async me(@Headers('authorization') authorization = '') {
    const { payload } = await jwtVerify(authorization.replace('Bearer ', ''), JWKS, { audience: 'shop' });
    return { sub: payload.sub };
  }

  @Get('tenant')
  tenant(@Headers('x-id-token') token: string) {
    const { tenant, sub } = decodeJwt(token);
    return { tenant, sub };
  }

  @MessagePattern('identity.check')
  check(@Payload() message: { token: string }) {
    return jwt.verify(message.token, process.env.ID_SECRET ?? '', { algorithms: ['HS256', 'none'] });
  }

  @MessagePattern('identity.rotate')
  rotate(@Payload() message: { token: string }) {
    const header = jwt.decode(message.token, { complete: true })?.header;
    const key = KEYS.get(header?.kid ?? '');
    if (!key) {
      throw new UnauthorizedException();
    }
    return jwt.verify(message.token, key, { algorithms: ['RS256'] });
  }

  @MessagePattern('identity.refresh')
  refresh(@Payload() message: { token: string }) {
    const publicKey = process.env.ID_PUBLIC_KEY ?? '';
    const claims = jwt.verify(message.token, publicKey, { algorithms: ['RS256'], ignoreExpiration: true });
    return { sub: claims.sub, renewed: true };
  }
}
