/** What release-text.ts rests on: no text of a release can hold a character that JSON has to escape. */
import { expect, test } from '@jest/globals';
import { registeredTokens } from '../auth/tokens.js';
import { releaseFacts as validFacts } from '../../test/release-facts.js';
import { releaseFacts, releasePath } from './release.schema.js';

const path = { service: 'checkout', digest: `sha256:${'4f'.repeat(32)}` };
const facts = releaseFacts.parse(validFacts());
const token = { name: 'ci', sha256: 'a'.repeat(64), scopes: ['releases:write'] };
const acceptsToken = (entry: object): boolean => registeredTokens.safeParse(JSON.stringify([entry])).success;

test('the values that are spoilt below are good ones', () => {
  expect(releasePath.safeParse(path).success).toBe(true);
  expect(releaseFacts.safeParse(facts).success).toBe(true);
  expect(acceptsToken(token)).toBe(true);
});

test.each(['"', '\\', '\n', '\u0001', '\u2028'])('%j is refused in every text, at its end and inside', (bad) => {
  for (const spoil of [(text: string) => text + bad, (text: string) => text[0] + bad + text.slice(2)]) {
    for (const [name, value] of Object.entries(path)) {
      expect([name, releasePath.safeParse({ ...path, [name]: spoil(value) }).success]).toEqual([name, false]);
    }
    for (const [name, value] of Object.entries(facts)) {
      if (typeof value !== 'string') continue;
      expect([name, releaseFacts.safeParse({ ...facts, [name]: spoil(value) }).success]).toEqual([name, false]);
    }
    for (const name of ['status', 'policy', 'finishedAt'] as const) {
      const verdict = { ...facts.verdict, [name]: spoil(String(facts.verdict[name])) };
      expect([name, releaseFacts.safeParse({ ...facts, verdict }).success]).toEqual([name, false]);
    }
    expect(acceptsToken({ ...token, name: spoil(token.name) })).toBe(false);
  }
});
