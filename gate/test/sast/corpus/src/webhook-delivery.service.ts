import { HttpService } from '@nestjs/axios';
import { BadRequestException, Injectable, Logger } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import https from 'node:https';
import ipaddr from 'ipaddr.js';
import { firstValueFrom } from 'rxjs';
import { Repository } from 'typeorm';
import { WebhookSubscription } from './entities/webhook-subscription.entity.js';

const MAX_ATTEMPTS = 6;
const PARTNER_HOSTS = new Set(['hooks.partner-a.example', 'events.partner-b.example', 'in.partner-c.example']);
const SIGNATURE = /^t=(\d{10}),v1=([0-9a-f]{64})$/;

export interface Delivery {
  id: string;
  event: string;
  payload: unknown;
}

@Injectable()
export class WebhookDeliveryService {
  private readonly logger = new Logger(WebhookDeliveryService.name);
  private readonly agent = new https.Agent({ keepAlive: true, maxSockets: 20, rejectUnauthorized: true });

  constructor(
    @InjectRepository(WebhookSubscription) private readonly subscriptions: Repository<WebhookSubscription>,
    private readonly http: HttpService,
  ) {}

  async subscribe(tenantId: string, target: string, secret: string) {
    const url = await this.accept(target);
    const subscription = this.subscriptions.create({ tenantId, url: url.href, secret });
    const { id } = await this.subscriptions.save(subscription);
    this.logger.log(`subscription ${id} uses a secret of ${secret.length} characters`);
    return { id };
  }

  async deliver(subscriptionId: string, event: string, payload: unknown): Promise<boolean> {
    const subscription = await this.subscriptions.findOneByOrFail({ id: subscriptionId });
    const delivery: Delivery = { id: randomUUID(), event, payload };
    const body = JSON.stringify(delivery);

    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const url = await this.accept(subscription.url);
      try {
        const { status } = await firstValueFrom(
          this.http.post(url.href, body, {
            httpsAgent: this.agent,
            maxRedirects: 0,
            timeout: 8_000,
            headers: { 'content-type': 'application/json', 'x-signature': this.sign(body, subscription.secret) },
          }),
        );
        this.logger.log(`delivery ${delivery.id} answered ${status}`);
        return true;
      } catch (error) {
        this.logger.warn(`delivery ${delivery.id} attempt ${attempt}: ${(error as Error).message}`);
        await this.pause(attempt);
      }
    }
    return false;
  }

  verify(header: string, body: string, secret: string): boolean {
    const match = SIGNATURE.exec(header);
    if (!match) {
      return false;
    }
    const [, timestamp, mac] = match;
    if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) {
      return false;
    }
    const expected = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest();
    return timingSafeEqual(expected, Buffer.from(mac, 'hex'));
  }

  private sign(body: string, secret: string): string {
    const timestamp = Math.floor(Date.now() / 1000);
    const mac = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
    return `t=${timestamp},v1=${mac}`;
  }

  private async accept(target: string): Promise<URL> {
    const url = new URL(target);
    if (url.protocol !== 'https:' || !PARTNER_HOSTS.has(url.hostname) || url.username !== '') {
      throw new BadRequestException('target is not supported');
    }
    const { address } = await lookup(url.hostname);
    if (ipaddr.process(address).range() !== 'unicast') {
      throw new BadRequestException('target is not supported');
    }
    return url;
  }

  private pause(attempt: number): Promise<void> {
    const base = Math.min(2 ** attempt * 500, 60_000);
    const jitter = Math.floor(Math.random() * 400);
    return new Promise((resolve) => setTimeout(resolve, base + jitter));
  }
}
