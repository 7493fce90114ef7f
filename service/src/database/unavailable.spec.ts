import { expect, test } from '@jest/globals';
import { DatabaseUnavailable, isUnavailable } from './unavailable.js';

const coded = (code: string): Error => Object.assign(new Error('x'), { code });

test.each([
  ['disk full', coded('53100')],
  ['too many connections', coded('53300')],
  ['a cancelled statement', coded('57014')],
  ['shutdown', coded('57P01')],
  ['crash recovery', coded('57P03')],
  ['a read-only server', coded('25006')],
  ['a failed write', coded('58030')],
  ['a deadlock', coded('40P01')],
  ['nobody listening', coded('ECONNREFUSED')],
  ['all addresses refusing', new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')])],
  ['a pool that is empty', new Error('timeout exceeded when trying to connect')],
  ['a server that is silent', new Error('Query read timeout')],
  ['a connection that broke', new Error('Connection terminated unexpectedly')],
  ['our own word', new DatabaseUnavailable('x')],
])('%s passes', (_what, error) => {
  expect(isUnavailable(error)).toBe(true);
});

test.each([
  ['a unique violation', coded('23505')],
  ['a syntax error', coded('42601')],
  ['a missing table', coded('42P01')],
  ['a programming error', new TypeError('x is not a function')],
  ['a word', 'ECONNREFUSED'],
  ['nothing', undefined],
])('%s does not', (_what, error) => {
  expect(isUnavailable(error)).toBe(false);
});
