import { Injectable } from '@nestjs/common';
import { randomBytes, randomInt, randomUUID } from 'node:crypto';

export interface PendingCode {
  id: string;
  code: string;
  expiresAt: number;
}

@Injectable()
export class OneTimeCodeService {
  private readonly pending = new Map<string, PendingCode>();

  issue(email: string): PendingCode {
    const code = Math.floor(100000 + Math.random() * 900000).toString();
    const entry = { id: randomUUID(), code, expiresAt: Date.now() + 300_000 };
    this.pending.set(email, entry);
    return entry;
  }

  issueForTransfer(account: string): PendingCode {
    const code = randomInt(0, 1_000_000).toString().padStart(6, '0');
    const entry = { id: randomUUID(), code, expiresAt: Date.now() + 120_000 };
    this.pending.set(account, entry);
    return entry;
  }

  resetToken(): string {
    return Math.random().toString(36).slice(2) + Math.random().toString(36).slice(2);
  }

  emailToken(): string {
    return randomBytes(32).toString('base64url');
  }

  async backoff(attempt: number): Promise<void> {
    const delay = Math.min(1000 * 2 ** attempt, 30_000) + Math.random() * 250;
    await new Promise((resolve) => setTimeout(resolve, delay));
  }
}
