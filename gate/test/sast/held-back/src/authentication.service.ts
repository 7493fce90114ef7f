import { BadRequestException, ConflictException, Injectable, Logger, UnauthorizedException } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { JwtService } from '@nestjs/jwt';
import { InjectRepository } from '@nestjs/typeorm';
import argon2 from 'argon2';
import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { IsNull, MoreThan, Repository } from 'typeorm';
import { RefreshToken } from './entities/refresh-token.entity.js';
import { User } from './entities/user.entity.js';

export interface TokenPair {
  accessToken: string;
  refreshToken: string;
}

interface AccessClaims {
  sub: string;
  roles: string[];
  kind: 'access' | 'mfa';
}

const PASSWORD_OPTIONS = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const REFRESH_TTL_MS = 14 * 24 * 3_600_000;

@Injectable()
export class AuthenticationService {
  private readonly logger = new Logger(AuthenticationService.name);
  private readonly placeholder = argon2.hash(randomBytes(16), PASSWORD_OPTIONS);

  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    @InjectRepository(RefreshToken) private readonly tokens: Repository<RefreshToken>,
    private readonly jwt: JwtService,
    private readonly config: ConfigService,
  ) {}

  async register(email: string, password: string): Promise<string> {
    const normalised = email.trim().toLowerCase();
    if (await this.users.existsBy({ email: normalised })) {
      throw new ConflictException('address is taken');
    }
    const user = this.users.create({ email: normalised, passwordHash: await argon2.hash(password, PASSWORD_OPTIONS) });
    const saved = await this.users.save(user);
    this.logger.log(`user ${saved.id} registered, password policy ok`);
    return saved.id;
  }

  async login(email: string, password: string): Promise<TokenPair> {
    const user = await this.users.findOne({ where: { email: String(email).trim().toLowerCase() } });
    const hash = user?.passwordHash ?? (await this.placeholder);
    const matches = await argon2.verify(hash, password);
    if (!user || !matches) {
      throw new UnauthorizedException('email or password is wrong');
    }
    return this.issue(user.id, user.roles);
  }

  async refresh(token: string): Promise<TokenPair> {
    const digest = createHash('sha256').update(token).digest('hex');
    const stored = await this.tokens.findOneBy({ digest, revokedAt: IsNull(), expiresAt: MoreThan(new Date()) });
    if (!stored) {
      throw new UnauthorizedException('refresh token is not valid');
    }
    await this.tokens.update({ id: stored.id }, { revokedAt: new Date() });
    const user = await this.users.findOneByOrFail({ id: stored.userId });
    return this.issue(user.id, user.roles);
  }

  async verifyAccess(token: string): Promise<AccessClaims> {
    const claims = await this.jwt.verifyAsync<AccessClaims>(token, { algorithms: ['HS256'], audience: 'api' });
    if (claims.kind !== 'access') {
      throw new UnauthorizedException();
    }
    return claims;
  }

  async startMfa(userId: string): Promise<string> {
    const code = randomInt(0, 1_000_000).toString().padStart(6, '0');
    const digest = createHash('sha256').update(`${userId}:${code}:${this.pepper()}`).digest();
    await this.users.update({ id: userId }, { mfaDigest: digest.toString('hex'), mfaExpiresAt: new Date(Date.now() + 300_000) });
    return code;
  }

  async finishMfa(userId: string, code: string): Promise<TokenPair> {
    const user = await this.users.findOneByOrFail({ id: userId });
    if (!user.mfaDigest || !user.mfaExpiresAt || user.mfaExpiresAt < new Date()) {
      throw new BadRequestException('no code was requested');
    }
    const given = createHash('sha256').update(`${userId}:${code}:${this.pepper()}`).digest();
    if (!timingSafeEqual(given, Buffer.from(user.mfaDigest, 'hex'))) {
      throw new UnauthorizedException('code is wrong');
    }
    await this.users.update({ id: userId }, { mfaDigest: null, mfaExpiresAt: null });
    return this.issue(user.id, user.roles);
  }

  private async issue(userId: string, roles: string[]): Promise<TokenPair> {
    const refreshToken = randomBytes(32).toString('base64url');
    const digest = createHash('sha256').update(refreshToken).digest('hex');
    await this.tokens.insert({ digest, userId, expiresAt: new Date(Date.now() + REFRESH_TTL_MS) });
    const accessToken = await this.jwt.signAsync(
      { sub: userId, roles, kind: 'access' },
      { expiresIn: '10m', audience: 'api', secret: this.config.getOrThrow<string>('JWT_SECRET') },
    );
    return { accessToken, refreshToken };
  }

  private pepper(): string {
    return this.config.getOrThrow<string>('MFA_PEPPER');
  }
}
