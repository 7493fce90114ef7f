import { Injectable, InternalServerErrorException, Logger, OnModuleInit } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { InjectRepository } from '@nestjs/typeorm';
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
  scrypt,
  timingSafeEqual,
} from 'node:crypto';
import { promisify } from 'node:util';
import { Repository } from 'typeorm';
import { DataKey } from './entities/data-key.entity.js';

const derive = promisify(scrypt) as (secret: string, salt: Buffer, length: number) => Promise<Buffer>;

const ALGORITHM = 'aes-256-gcm';
const REFUSED = new Set(['des', 'des-ede3', 'rc4', 'aes-128-ecb', 'aes-256-ecb']);
const VERSION = 2;
const IV_LENGTH = 12;
const TAG_LENGTH = 16;

@Injectable()
export class FieldEncryptionService implements OnModuleInit {
  private readonly logger = new Logger(FieldEncryptionService.name);
  private readonly keys = new Map<number, Buffer>();
  private indexKey: Buffer;
  private currentKey = 0;

  constructor(
    @InjectRepository(DataKey) private readonly dataKeys: Repository<DataKey>,
    private readonly config: ConfigService,
  ) {}

  async onModuleInit() {
    const master = this.config.getOrThrow<string>('MASTER_SECRET');
    const rows = await this.dataKeys.find({ order: { id: 'ASC' } });
    for (const row of rows) {
      const wrapping = await derive(master, Buffer.from(row.salt, 'base64'), 32);
      this.keys.set(row.id, this.decryptWith(wrapping, Buffer.from(row.wrapped, 'base64')));
      this.currentKey = row.id;
    }
    this.indexKey = Buffer.from(hkdfSync('sha256', master, 'field-index', 'v1', 32));
    this.logger.log(`${this.keys.size} data keys loaded, current key is ${this.currentKey}`);
  }

  async rotate(): Promise<number> {
    const master = this.config.getOrThrow<string>('MASTER_SECRET');
    const salt = randomBytes(16);
    const key = randomBytes(32);
    const wrapping = await derive(master, salt, 32);
    const wrapped = this.encryptWith(wrapping, key);
    const row = await this.dataKeys.save(
      this.dataKeys.create({ salt: salt.toString('base64'), wrapped: wrapped.toString('base64') }),
    );
    this.keys.set(row.id, key);
    this.currentKey = row.id;
    return row.id;
  }

  encrypt(plain: string): string {
    const sealed = this.encryptWith(this.key(this.currentKey), Buffer.from(plain, 'utf8'));
    return `v${VERSION}.${this.currentKey}.${sealed.toString('base64url')}`;
  }

  decrypt(value: string): string {
    const match = /^v(\d{1,2})\.(\d{1,9})\.([\w-]{38,})$/.exec(value);
    if (!match || Number(match[1]) !== VERSION) {
      throw new InternalServerErrorException('unknown format');
    }
    return this.decryptWith(this.key(Number(match[2])), Buffer.from(match[3], 'base64url')).toString('utf8');
  }

  blindIndex(value: string): string {
    return createHmac('sha256', this.indexKey).update(value.normalize('NFKC').toLowerCase()).digest('base64url');
  }

  matchesIndex(index: string, value: string): boolean {
    const left = Buffer.from(index);
    const right = Buffer.from(this.blindIndex(value));
    return left.length === right.length && timingSafeEqual(left, right);
  }

  cacheTag(document: Buffer): string {
    return createHash('sha1').update(document).digest('hex');
  }

  supports(algorithm: string): boolean {
    return !REFUSED.has(algorithm.toLowerCase()) && algorithm.toLowerCase() === ALGORITHM;
  }

  private key(id: number): Buffer {
    const key = this.keys.get(id);
    if (!key) {
      throw new InternalServerErrorException(`data key ${id} is not loaded`);
    }
    return key;
  }

  private encryptWith(key: Buffer, plain: Buffer): Buffer {
    const iv = randomBytes(IV_LENGTH);
    const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_LENGTH });
    return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  private decryptWith(key: Buffer, sealed: Buffer): Buffer {
    const iv = sealed.subarray(0, IV_LENGTH);
    const tag = sealed.subarray(sealed.length - TAG_LENGTH);
    const decipher = createDecipheriv(ALGORITHM, key, iv, { authTagLength: TAG_LENGTH });
    decipher.setAuthTag(tag);
    return Buffer.concat([decipher.update(sealed.subarray(IV_LENGTH, sealed.length - TAG_LENGTH)), decipher.final()]);
  }
}
