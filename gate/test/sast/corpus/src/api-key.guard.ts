import { BadRequestException, CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';

const sha256 = (value: string) => createHash('sha256').update(value).digest();

@Injectable()
export class ApiKeyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const key = request.headers['x-api-key'];
    return key === process.env.API_KEY;
  }
}

@Injectable()
export class PartnerKeyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const key = request.headers['x-partner-key'];
    const configured = process.env.PARTNER_KEY;
    if (typeof key !== 'string' || configured === undefined) {
      return false;
    }
    return timingSafeEqual(sha256(key), sha256(configured));
  }
}

@Injectable()
export class CronGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const [scheme, token] = (request.headers.authorization ?? '').split(' ');
    if (scheme !== 'Bearer') {
      throw new BadRequestException('bearer token expected');
    }
    const given = Buffer.from(token ?? '');
    const wanted = Buffer.from(process.env.CRON_TOKEN ?? '');
    return wanted.length > 0 && given.equals(wanted);
  }
}
