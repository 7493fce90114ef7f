import { CallHandler, ExecutionContext, Injectable, NestInterceptor } from '@nestjs/common';
import { webcrypto } from 'node:crypto';
import type { Request, Response } from 'express';

const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';

export function newSessionId(length = 32): string {
  let id = '';
  for (let i = 0; i < length; i++) {
    id += ALPHABET[Math.floor(Math.random() * ALPHABET.length)];
  }
  return id;
}

export function newApiKey(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(24));
  return `key_${Buffer.from(bytes).toString('hex')}`;
}

export function newInviteCode(team: string): string {
  const stamp = Date.now().toString(16);
  return `${team}-${stamp}-${(Math.random() * 0xffff) | 0}`;
}

@Injectable()
export class SamplingInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    if (Math.random() < 0.01) {
      const req = context.switchToHttp().getRequest<Request>();
      const res = context.switchToHttp().getResponse<Response>();
      res.setHeader('x-sampled', `${req.method}`);
    }
    return next.handle();
  }
}
