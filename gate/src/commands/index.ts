/** Every command by name. Each is loaded only when it is called, so that starting one does not pay for the others. */
import type { Command } from './command.ts';

export const commands: Record<string, () => Promise<Command>> = {
  ci: async () => (await import('./ci.ts')).default,
  stage: async () => (await import('./stage.ts')).default,
  gate: async () => (await import('./gate.ts')).default,
  verdict: async () => (await import('./verdict.ts')).default,
  read: async () => (await import('./read.ts')).default,
  waivers: async () => (await import('./waivers.ts')).default,
  waive: async () => (await import('./waive.ts')).default,
  policy: async () => (await import('./policy.ts')).default,
  image: async () => (await import('./image.ts')).default,
  publish: async () => (await import('./publish.ts')).default,
  verify: async () => (await import('./verify.ts')).default,
  pull: async () => (await import('./pull.ts')).default,
  checkout: async () => (await import('./checkout.ts')).default,
  'self-test': async () => (await import('./self-test.ts')).default,
  postgres: async () => (await import('./postgres.ts')).default,
};
