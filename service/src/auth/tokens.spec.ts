import { hash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { Tokens } from './tokens.js';

const tokens = new Tokens([
  { name: 'ci', sha256: hash('sha256', 'first'), scopes: ['releases:write'] },
  { name: 'dashboard', sha256: hash('sha256', 'second'), scopes: ['read'] },
]);

test('a secret is recognised by its hash', () => {
  expect(tokens.recognise('first')?.name).toBe('ci');
  expect(tokens.recognise('second')?.scopes).toEqual(new Set(['read']));
});

test('anything else is not, the hash itself included', () => {
  for (const secret of ['', 'First', 'first ', hash('sha256', 'first')])
    expect(tokens.recognise(secret)).toBeUndefined();
});
