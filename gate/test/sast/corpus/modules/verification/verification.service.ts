import { Injectable } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { MailGateway } from './mail.gateway.js';
import { equals, matches } from './compare.js';
import { randomString, spread } from './random.js';

@Injectable()
export class VerificationService {
  private readonly tokens = new Map<string, string>();

  constructor(private readonly mail: MailGateway) {}

  async request(email: string) {
    const token = randomString(24);
    this.tokens.set(email, token);
    await sleep(spread(200));
    await this.mail.send(email, token);
  }

  confirm(email: string, token: string): boolean {
    const stored = this.tokens.get(email);
    return stored !== undefined && equals(stored, String(token));
  }

  confirmLink(signature: string, expected: string): boolean {
    return matches(signature, expected);
  }
}
