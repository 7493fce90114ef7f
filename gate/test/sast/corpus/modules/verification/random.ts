const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

export function randomString(length: number): string {
  return Array.from({ length }, () => LETTERS.charAt(Math.floor(Math.random() * LETTERS.length))).join('');
}

export function spread(max: number): number {
  return Math.floor(Math.random() * max);
}
