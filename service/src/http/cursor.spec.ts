import { expect, test } from '@jest/globals';
import { CURSOR, fromCursor, nextLink, toCursor } from './cursor.js';

test.each(['1', '50001', '9007199254740991'])('%s comes back as it was', (key) => {
  expect(CURSOR.test(toCursor(key))).toBe(true);
  expect(fromCursor(toCursor(key))).toBe(key);
});

test.each([
  '',
  'AAAAAAAAAA',
  'AAAAAAAAAAAA',
  'AAAAAAAAAA=',
  'AAAAAAAAAA+',
  'AAAAAAAAAAB',
  'deployments',
  'A'.repeat(9_000),
])('%.20j is none', (text) => {
  expect(CURSOR.test(text)).toBe(false);
});

test('every text of the right shape stands for some key', () => {
  for (const text of ['AAAAAAAAAAA', 'AB________8', 'AB--------8']) {
    expect(CURSOR.test(text)).toBe(true);
    expect(fromCursor(text)).toMatch(/^\d{1,16}$/);
  }
});

test('the link keeps the filters, replaces the cursor and stays on this host', () => {
  expect(
    nextLink('/v1/x?limit=3&cursor=old', { verdict: 'failed', commit: undefined, cursor: 'old', limit: 3 }, 'new'),
  ).toBe('</v1/x?verdict=failed&limit=3&cursor=new>; rel="next"');
  expect(nextLink('//evil.example/v1/x', {}, 'new')).toBe('</evil.example/v1/x?cursor=new>; rel="next"');
  expect(nextLink('/v1/x', { name: 'a&b>' }, 'new')).toBe('</v1/x?name=a%26b%3E&cursor=new>; rel="next"');
});
