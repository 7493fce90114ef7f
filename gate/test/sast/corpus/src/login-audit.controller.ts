import { Body, Controller, HttpCode, Logger, Post, UnauthorizedException } from '@nestjs/common';
import { AccountsService } from './accounts.service.js';

export class LoginBody {
  email: string;
  password: string;
}

@Controller('login')
export class LoginAuditController {
  private readonly logger = new Logger(LoginAuditController.name);

  constructor(private readonly accounts: AccountsService) {}

  @Post()
  @HttpCode(200)
  async login(@Body() { email, password }: LoginBody) {
    const account = await this.accounts.verify(email, password);
    if (!account) {
      this.logger.warn(`login failed for ${email} with password ${password}`);
      throw new UnauthorizedException();
    }
    this.logger.log(`account ${account.id} logged in`);
    return { id: account.id };
  }

  @Post('mobile')
  @HttpCode(200)
  async mobile(@Body() body: LoginBody) {
    this.logger.debug(`mobile login ${JSON.stringify(body)}`);
    const account = await this.accounts.verify(body.email, body.password);
    if (!account) {
      this.logger.warn('mobile login failed: wrong password');
      throw new UnauthorizedException();
    }
    return { id: account.id };
  }

  @Post('password')
  @HttpCode(204)
  async password(@Body() body: LoginBody & { next: string }) {
    await this.accounts.changePassword(body.email, body.password, body.next);
    this.logger.log(`password changed for ${body.email}`);
  }
}
