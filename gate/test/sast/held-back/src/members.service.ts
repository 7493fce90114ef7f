import { Body, ConflictException, Controller, Injectable, Post, UnauthorizedException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import * as bcrypt from 'bcrypt';
import { createHash } from 'node:crypto';
import { Repository } from 'typeorm';
import { Member } from './entities/member.entity.js';

export class CredentialsDto {
  email: string;
  password: string;
}

@Injectable()
export class MembersService {
  constructor(@InjectRepository(Member) private readonly members: Repository<Member>) {}

  async register({ email, password }: CredentialsDto) {
    if (await this.members.existsBy({ email: String(email) })) {
      throw new ConflictException();
    }
    const passwordHash = createHash('md5').update(password).digest('hex');
    await this.members.insert({ email: String(email), passwordHash });
  }

  async changePassword(id: string, password: string) {
    const passwordHash = await bcrypt.hash(password, 12);
    await this.members.update({ id }, { passwordHash });
  }

  async login({ email, password }: CredentialsDto) {
    const member = await this.members.findOneBy({ email: String(email) });
    if (!member || !(await bcrypt.compare(password, member.passwordHash))) {
      throw new UnauthorizedException();
    }
    return { id: member.id, avatar: this.gravatar(member.email) };
  }

  private gravatar(email: string) {
    const digest = createHash('md5').update(email.trim().toLowerCase()).digest('hex');
    return `https://www.gravatar.com/avatar/${digest}?d=identicon`;
  }
}

@Controller('members')
export class MembersController {
  constructor(private readonly members: MembersService) {}

  @Post()
  register(@Body() dto: CredentialsDto) {
    return this.members.register(dto);
  }

  @Post('login')
  login(@Body() dto: CredentialsDto) {
    return this.members.login(dto);
  }
}
