import { expect, test } from '@jest/globals';
import { toRfc3339 } from './instants.js';

test.each([
  ['2026-11-22 07:35:05+00', '2026-11-22T07:35:05.000Z'],
  ['2026-11-22 07:35:05.1+00', '2026-11-22T07:35:05.100Z'],
  ['2026-11-22 07:35:05.12+00', '2026-11-22T07:35:05.120Z'],
  ['2026-11-22 07:35:05.123+00', '2026-11-22T07:35:05.123Z'],
])('%s is %s', (text, expected) => {
  expect(toRfc3339(text)).toBe(expected);
});

test.each([
  '2026-11-22 07:35:05.123456+00',
  '2026-11-22 08:35:05+01',
  '2026-11-22',
  'infinity',
  '0044-03-15 00:00:00+00 BC',
])('%s is refused instead of being passed on wrong', (text) => {
  expect(() => toRfc3339(text)).toThrow(RangeError);
});
