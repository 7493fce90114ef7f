// The configuration that the stage `sast` gives ESLint: Sluice's own rules and nothing of the judged project's.
import * as parser from '@typescript-eslint/parser';
import { plugin } from './plugin.ts';
import { rules } from './rules.ts';

// A warning is what the policy may let pass; ESLint's own exit code speaks of errors alone.
const level = { critical: 'error', high: 'error', medium: 'warn', low: 'warn' };

export default [
  {
    ignores: [
      '**/node_modules/',
      '**/dist/',
      '**/coverage/',
      '**/reports/',
      '**/*.d.ts',
      '**/*.min.js',
      // Tests hold made-up secrets and deliberate faults, and never run in production.
      '**/*.{spec,test,e2e-spec}.*',
      '**/{test,tests,__tests__,__mocks__,e2e,fixtures}/',
    ],
  },
  {
    files: ['**/*.{ts,mts,cts,tsx,js,mjs,cjs,jsx}'],
    languageOptions: { parser, parserOptions: { ecmaFeatures: { jsx: true } } },
    // Comments in the judged code decide nothing: an accepted risk belongs in the ledger.
    linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'off' },
    plugins: { sluice: plugin },
    rules: Object.fromEntries(rules.map(({ id, severity }) => [`sluice/${id}`, level[severity]])),
  },
];
