import { CanActivate, ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import type { Request } from 'express';

type AuthedRequest = Request & { user?: unknown };

function bearer(request: Request): string {
  const [type, token] = request.headers.authorization?.split(' ') ?? [];
  if (type !== 'Bearer' || !token) {
    throw new UnauthorizedException();
  }
  return token;
}

@Injectable()
export class TokenGuard implements CanActivate {
  constructor(private readonly jwt: JwtService) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<AuthedRequest>();
    const payload = this.jwt.decode(bearer(request));
    if (!payload) {
      throw new UnauthorizedException();
    }
    request.user = payload;
    return true;
  }
}

@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly jwt: JwtService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthedRequest>();
    try {
      request.user = await this.jwt.verifyAsync(bearer(request), { algorithms: ['HS256'], issuer: 'orders' });
    } catch {
      throw new UnauthorizedException();
    }
    return true;
  }
}

@Injectable()
export class AdminGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<AuthedRequest>();
    const [, body] = bearer(request).split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'));
    return claims.role === 'admin';
  }
}
