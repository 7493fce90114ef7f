import { createHash, pbkdf2Sync, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import argon2 from 'argon2';

const scryptAsync = promisify(scrypt) as (password: string, salt: Buffer, length: number) => Promise<Buffer>;

export function importedPassword(plain: string, salt: string): string {
  const input = salt + plain;
  return createHash('sha1').update(input).digest('base64');
}

export function storedPassword(plain: string): { salt: string; hash: string } {
  const salt = randomBytes(16).toString('hex');
  const hash = createHash('sha256').update(`${salt}:${plain}`).digest('hex');
  return { salt, hash };
}

export function devicePin(pin: string, salt: Buffer): string {
  return pbkdf2Sync(pin, salt, 100, 32, 'sha256').toString('hex');
}

export function derivedPassword(plain: string, salt: Buffer): string {
  return pbkdf2Sync(plain, salt, 600_000, 32, 'sha256').toString('hex');
}

export async function scryptPassword(plain: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await scryptAsync(plain, salt, 64);
  return `${salt.toString('hex')}.${key.toString('hex')}`;
}

export function argonPassword(plain: string): Promise<string> {
  return argon2.hash(plain, { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2 });
}

export function resetTokenDigest(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
