import { Body, Controller, Headers, HttpCode, Post, RawBody, UnauthorizedException } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { createHmac, timingSafeEqual } from 'node:crypto';

interface PaymentEvent {
  type: string;
  data: { paymentId: string };
}

@Controller('webhooks')
export class PaymentWebhookController {
  constructor(private readonly config: ConfigService) {}

  @Post('payments')
  @HttpCode(200)
  payments(@RawBody() raw: Buffer, @Headers('x-signature') signature: string, @Body() event: PaymentEvent) {
    const expected = createHmac('sha256', this.config.getOrThrow<string>('PAYMENT_SECRET')).update(raw).digest('hex');
    if (signature !== expected) {
      throw new UnauthorizedException('signature');
    }
    return { received: event.type };
  }

  @Post('refunds')
  @HttpCode(200)
  refunds(@RawBody() raw: Buffer, @Headers('x-signature') signature: string, @Body() event: PaymentEvent) {
    const expected = createHmac('sha256', this.config.getOrThrow<string>('REFUND_SECRET')).update(raw).digest();
    const given = Buffer.from(signature ?? '', 'hex');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new UnauthorizedException('signature');
    }
    return { received: event.type };
  }

  @Post('disputes')
  @HttpCode(200)
  disputes(@RawBody() raw: Buffer, @Headers('x-hub-signature-256') header: string, @Body() event: PaymentEvent) {
    const mac = createHmac('sha256', this.config.getOrThrow<string>('DISPUTE_SECRET')).update(raw).digest('hex');
    const matches = `sha256=${mac}` === header;
    if (!matches) {
      throw new UnauthorizedException('signature');
    }
    if (event.type === 'dispute.closed') {
      return { received: true, final: true };
    }
    return { received: true };
  }
}
