import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { ConfigurationError, readConfiguration } from './configuration.js';

const DATABASE_URL = 'postgres://ledger:secret@db:5432/ledger';
const folder = mkdtempSync(join(tmpdir(), 'ledger-configuration-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfiguration(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

test('only the database has to be named; the rest has defaults for a laptop', () => {
  expect(readConfiguration({ DATABASE_URL })).toMatchObject({
    HOST: '127.0.0.1',
    PORT: 3000,
    READS: 'open',
    TOKENS: [],
  });
});

test('an empty variable counts as unset', () => {
  expect(readConfiguration({ DATABASE_URL, PORT: '', IMAGE_DIGEST: '' })).toMatchObject({ PORT: 3000 });
});

test('every problem is reported at once, and no value is repeated', () => {
  const problems = problemsOf({
    PORT: '70000',
    DRAIN_MS: '1.5',
    TRUSTED_PROXIES: '10.0.0.0/33',
    IMAGE_DIGEST: 'hunter2',
  });
  expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual([
    'DATABASE_URL',
    'DRAIN_MS',
    'IMAGE_DIGEST',
    'PORT',
    'TRUSTED_PROXIES',
  ]);
  expect(problems.join('\n')).not.toContain('hunter2');
});

test.each(['mysql://a@b/c', 'postgres://', 'postgres://host', 'nonsense'])('%s is no database', (url) => {
  expect(problemsOf({ DATABASE_URL: url })).toEqual([
    expect.stringMatching(/^DATABASE_URL: must be a connection string/),
  ]);
});

describe('secrets in files', () => {
  test('are read without the newline at their end', () => {
    expect(readConfiguration({ DATABASE_URL_FILE: file('url', `${DATABASE_URL}\n`) })).toMatchObject({ DATABASE_URL });
  });

  test('cannot be given twice', () => {
    expect(problemsOf({ DATABASE_URL, DATABASE_URL_FILE: file('url', DATABASE_URL) })).toEqual([
      'DATABASE_URL: is set twice, directly and by DATABASE_URL_FILE: unset one of them',
    ]);
  });

  test('that cannot be read are named once, with the reason', () => {
    expect(problemsOf({ DATABASE_URL_FILE: join(folder, 'missing') })).toEqual([
      'DATABASE_URL_FILE: cannot be read (ENOENT)',
    ]);
  });
});

describe('tokens', () => {
  const token = { name: 'ci', sha256: 'a'.repeat(64), scopes: ['releases:write'] };

  test.each([
    ['not JSON', '{', 'TOKENS: must be a JSON list'],
    ['no list', '{}', 'TOKENS: must be a JSON list of tokens'],
    ['an unknown scope', JSON.stringify([{ ...token, scopes: ['admin'] }]), 'TOKENS: 0.scopes.0 must be one of'],
    [
      'a secret in place of its hash',
      JSON.stringify([{ ...token, sha256: 'hunter2' }]),
      'TOKENS: 0.sha256 must be the SHA-256',
    ],
    ['an unknown field', JSON.stringify([{ ...token, secret: 'hunter2' }]), 'TOKENS: 0'],
    [
      'one name twice',
      JSON.stringify([token, { ...token, sha256: 'b'.repeat(64) }]),
      'TOKENS: must not name a token twice',
    ],
    ['one hash twice', JSON.stringify([token, { ...token, name: 'other' }]), 'TOKENS: must not hold a hash twice'],
  ])('%s are refused', (_what, TOKENS, message) => {
    const problems = problemsOf({ DATABASE_URL, TOKENS });
    expect(problems).toEqual([expect.stringContaining(message)]);
    expect(problems.join()).not.toContain('hunter2');
  });
});
