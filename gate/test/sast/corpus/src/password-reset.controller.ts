import { BadRequestException, Body, Controller, Injectable, Post } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import argon2 from 'argon2';
import { timingSafeEqual } from 'node:crypto';
import { Repository } from 'typeorm';
import { ResetRequest } from './entities/reset-request.entity.js';

export class ResetPasswordDto {
  email: string;
  token: string;
  password: string;
  passwordConfirmation: string;
}

@Injectable()
export class PasswordResetService {
  constructor(@InjectRepository(ResetRequest) private readonly requests: Repository<ResetRequest>) {}

  async confirm(dto: ResetPasswordDto): Promise<string> {
    if (dto.password !== dto.passwordConfirmation) {
      throw new BadRequestException('passwords differ');
    }
    const pending = await this.requests.findOneByOrFail({ email: String(dto.email) });
    if (pending.token !== dto.token) {
      throw new BadRequestException('token');
    }
    return argon2.hash(dto.password);
  }

  async verifyCode(email: string, code: string): Promise<boolean> {
    const pending = await this.requests.findOneByOrFail({ email: String(email) });
    const left = Buffer.from(String(code).padEnd(16));
    const right = Buffer.from(pending.code.padEnd(16));
    return left.length === right.length && timingSafeEqual(left, right);
  }

  async verifyBackup(email: string, code: string): Promise<boolean> {
    const { backupCodes } = await this.requests.findOneByOrFail({ email: String(email) });
    return backupCodes.some((secret: string) => secret == code);
  }
}

@Controller('password-reset')
export class PasswordResetController {
  constructor(private readonly resets: PasswordResetService) {}

  @Post()
  confirm(@Body() dto: ResetPasswordDto) {
    return this.resets.confirm(dto).then(() => ({ ok: true }));
  }

  @Post('code')
  code(@Body() body: { email: string; code: string }) {
    return this.resets.verifyCode(body.email, body.code);
  }

  @Post('backup')
  backup(@Body() body: { email: string; code: string }) {
    return this.resets.verifyBackup(body.email, body.code);
  }
}
