/** Loads Nest in one fixed order before each end-to-end test file: Jest's module loader otherwise trips over the import cycles inside it. The unit tests need no Nest, which takes longer to load than they to run. */
import { expect } from '@jest/globals';

if (expect.getState().testPath?.endsWith('.e2e-spec.ts')) {
  await import('reflect-metadata');
  await import('@nestjs/common');
  await import('@nestjs/core');
}
