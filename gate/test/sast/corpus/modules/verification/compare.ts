import { timingSafeEqual } from 'node:crypto';

export function equals(left: string, right: string): boolean {
  return left === right;
}

export function matches(left: string, right: string): boolean {
  const a = Buffer.from(left);
  const b = Buffer.from(right);
  return a.length === b.length && timingSafeEqual(a, b);
}
