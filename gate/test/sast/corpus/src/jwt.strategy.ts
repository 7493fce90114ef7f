import { Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';

interface Claims {
  sub: string;
  roles: string[];
}

@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, 'jwt') {
  constructor(config: ConfigService) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      ignoreExpiration: false,
      algorithms: ['RS256'],
      secretOrKey: config.getOrThrow<string>('JWT_PUBLIC_KEY'),
    });
  }

  validate(claims: Claims) {
    return { id: claims.sub, roles: claims.roles };
  }
}

@Injectable()
export class KioskStrategy extends PassportStrategy(Strategy, 'kiosk') {
  constructor(config: ConfigService) {
    super({
      jwtFromRequest: ExtractJwt.fromHeader('x-kiosk-token'),
      ignoreExpiration: true,
      algorithms: ['RS256'],
      secretOrKey: config.getOrThrow<string>('KIOSK_PUBLIC_KEY'),
    });
  }

  validate(claims: Claims) {
    return { id: claims.sub, roles: ['kiosk'] };
  }
}
