import { Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

@Injectable()
export class CardVaultService {
  private readonly key: Buffer;

  constructor(config: ConfigService) {
    this.key = Buffer.from(config.getOrThrow<string>('VAULT_KEY'), 'base64');
  }

  sealNumber(pan: string): string {
    const cipher = createCipheriv('aes-256-ecb', this.key, null);
    return Buffer.concat([cipher.update(pan, 'utf8'), cipher.final()]).toString('base64');
  }

  sealHolder(name: string): string {
    const iv = Buffer.alloc(16, 0);
    const cipher = createCipheriv('aes-256-cbc', this.key, iv);
    return cipher.update(name, 'utf8', 'base64') + cipher.final('base64');
  }

  seal(value: string): string {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.key, iv);
    const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
    return [iv, cipher.getAuthTag(), sealed].map((part) => part.toString('base64url')).join('.');
  }

  open(token: string): string {
    const [iv, tag, sealed] = token.split('.').map((part) => Buffer.from(part, 'base64url'));
    const decipher = createDecipheriv('aes-256-gcm', this.key, iv, { authTagLength: 16 });
    decipher.setAuthTag(tag);
    return Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8');
  }

  block(value: string): Buffer {
    const padded = Buffer.alloc(16, 0);
    padded.write(value.slice(0, 16), 'latin1');
    return padded;
  }
}
