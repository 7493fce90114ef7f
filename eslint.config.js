// ESLint for the whole repository: the typed rules of typescript-eslint, with one exception a line and its reason.
import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  globalIgnores([
    '**/node_modules/',
    '**/dist/',
    '**/coverage/',
    'reports/',
    '.data/',
    'dagger/sdk/',
    'gate/test/fixtures/',
    'gate/test/reports/',
    'gate/test/sast/corpus/',
    'gate/test/sast/held-back/',
    'gate/self-test/',
    // A peer of the benchmark whose packages are not installed here: the benchmark's own compiler run checks it.
    'service/bench/peers/nest-usual/',
  ]),
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Nest's modules are classes without members.
      '@typescript-eslint/no-extraneous-class': 'off',
      // What is taken apart only to leave it out.
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // node:test's describe and it give promises that the runner awaits itself.
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: ['describe', 'it', 'test'] }] },
      ],
    },
  },
  {
    files: ['service/test/**/*.ts'],
    rules: {
      // End-to-end tests look into answers of every shape; an assertion that fails says more about them than a type could.
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    // Runs in images under scan, on whatever Node is there.
    files: ['gate/src/dast/supervisor.cjs'],
    languageOptions: { sourceType: 'commonjs', globals: { process: 'readonly', require: 'readonly' } },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'AbortSignal',
          'Buffer',
          'console',
          'fetch',
          'performance',
          'process',
          'setInterval',
          'URL',
          'URLSearchParams',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
);
