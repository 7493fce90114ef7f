import { Body, Controller, Post } from '@nestjs/common';
import { VerificationService } from './verification.service.js';

@Controller('verification')
export class VerificationController {
  constructor(private readonly verification: VerificationService) {}

  @Post('request')
  async request(@Body('email') email: string) {
    await this.verification.request(email);
    return { sent: true };
  }

  @Post('confirm')
  confirm(@Body() body: { email: string; token: string }) {
    return { verified: this.verification.confirm(body.email, body.token) };
  }
}
