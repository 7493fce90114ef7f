import { createHash, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(scrypt) as (value: string, salt: Buffer, length: number) => Promise<Buffer>;

export function digest(value: string): string {
  return createHash('sha1').update(value).digest('hex');
}

export async function slowDigest(value: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(value, salt, 32);
  return `${salt.toString('base64')}:${key.toString('base64')}`;
}
