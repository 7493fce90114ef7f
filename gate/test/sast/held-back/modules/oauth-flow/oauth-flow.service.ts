import { BadRequestException, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';

@Injectable()
export class OauthFlowService {
  private readonly pending = new Map<string, string>();

  begin(returnUrl: string): string {
    const state = randomUUID();
    this.pending.set(state, returnUrl);
    return state;
  }

  finish(state: string): string {
    const target = this.pending.get(state);
    this.pending.delete(state);
    if (!target) {
      throw new BadRequestException('state');
    }
    return target;
  }

  cancelled(state: string): string {
    this.pending.delete(state);
    return `/signin?cancelled=${encodeURIComponent(state)}`;
  }
}
