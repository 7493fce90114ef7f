import { expect, test } from '@jest/globals';
import { describeError } from './logger.js';
import { redacted } from './redaction.js';

test.each([
  [
    'connect to postgres://ledger:hunter2@db:5432/ledger failed',
    'connect to postgres://ledger:[redacted]@db:5432/ledger failed',
  ],
  ['Authorization: Bearer abc.DEF-123', 'Authorization: Bearer [redacted]'],
  ['GET /v1/x?token=hunter2&a=b HTTP/1.1', 'GET /v1/x?[redacted] HTTP/1.1'],
  ['nothing secret here?', 'nothing secret here?'],
])('%s', (text, expected) => {
  expect(redacted(text)).toBe(expected);
});

test('an error is described with its causes, and without secrets in any part', () => {
  const error = new Error('outer', { cause: Object.assign(new Error('postgres://a:hunter2@b/c'), { code: '08006' }) });
  expect(describeError(error)).toMatchObject({ type: 'Error', message: 'outer', cause: { code: '08006' } });
  expect(JSON.stringify(describeError(error))).not.toContain('hunter2');
});
