import { Controller, Inject, Logger, OnModuleInit } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { EventPattern, Payload } from '@nestjs/microservices';
import { createHash } from 'node:crypto';
import type { Logger as PinoLogger } from 'pino';
import { MailService } from './mail.service.js';

interface ResetEvent {
  userId: string;
  email: string;
  token: string;
}

@Controller()
export class TokenMailerConsumer implements OnModuleInit {
  private readonly logger = new Logger(TokenMailerConsumer.name);

  constructor(
    private readonly config: ConfigService,
    private readonly mail: MailService,
    @Inject('PINO') private readonly pino: PinoLogger,
  ) {}

  onModuleInit() {
    const options = {
      host: this.config.get<string>('SMTP_HOST'),
      user: this.config.get<string>('SMTP_USER'),
      pass: this.config.get<string>('SMTP_PASS'),
    };
    this.logger.log(`smtp configured: ${options.user}@${options.host}`);

    if (!options.host) {
      this.pino.error({ options }, 'smtp host is missing');
    }
  }

  @EventPattern('password.reset')
  async onReset(@Payload() event: ResetEvent) {
    const link = `https://app.example.com/reset?token=${event.token}`;
    await this.mail.send(event.email, 'Reset your password', link);
    this.logger.log(`sent ${link} to ${event.userId}`);
  }

  @EventPattern('email.verify')
  async onVerify(@Payload() event: ResetEvent) {
    await this.mail.send(event.email, 'Verify your address', event.token);
    const reference = createHash('sha256').update(event.token).digest('hex').slice(0, 8);
    this.pino.info({ userId: event.userId, reference }, 'verification token sent');
  }
}
