/** Every rule finds its bad examples and passes its good ones. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as parser from '@typescript-eslint/parser';
import { Linter } from 'eslint';
import { plugin } from './plugin.ts';
import { rules } from './rules.ts';

const linter = new Linter({ configType: 'flat' });

function found(rule: string, code: string): string[] {
  const config = {
    files: ['**/*.ts'],
    languageOptions: { parser: parser as Linter.Parser },
    plugins: { sluice: plugin },
    rules: { [`sluice/${rule}`]: 'error' as const },
  };
  const messages = linter.verify(code, config, { filename: 'example.ts' });
  const fatal = messages.find((one) => one.fatal);
  assert.ok(!fatal, fatal?.message);
  return messages.map(({ line, message }) => `${line}: ${message}`);
}

for (const { id, examples, message } of rules) {
  describe(id, () => {
    for (const [i, code] of examples.bad.entries()) {
      it(`finds bad example ${i + 1}`, () => {
        const all = found(id, code);
        assert.equal(all.length, 1, `${all.length} findings in\n${code}`);
        assert.ok(all[0]!.endsWith(message));
      });
    }
    for (const [i, code] of examples.good.entries()) {
      it(`passes good example ${i + 1}`, () => assert.deepEqual(found(id, code), [], code));
    }
  });
}

describe('the rules', () => {
  it('have no two for one defect of the same name', () => {
    assert.equal(new Set(rules.map(({ id }) => id)).size, rules.length);
  });
});
