/** Reads the rules in `gate/rules/sast`: one YAML file a rule, checked against this shape; an unknown key is an error. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

export const rulesFolder = join(import.meta.dirname, '../../rules/sast');

const names = z.array(z.string()).min(1);
const pattern = z.string().refine((text) => {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}, 'must be a regular expression');

/** A condition on the constant value of an argument, or of a property of it. */
const condition = z.strictObject({
  argument: z.int().min(0),
  property: z.string().optional(),
  /** The constant must match; without it the property or argument must only be there. */
  matches: pattern.optional(),
});
export type Condition = z.output<typeof condition>;

/** A place where a value does harm. */
const sink = z.strictObject({
  /** Names of functions and methods, `*` for anything: by module, by type or as written. */
  call: names.optional(),
  /** Names that are something else all the same. */
  except: names.optional(),
  /** What handlers with this decorator return. */
  returnedUnder: z.strictObject({ decorator: z.string(), matches: pattern.optional() }).optional(),
  /** Which argument; `all` for each of them, `last`. Default: the first. */
  argument: z.union([z.int().min(0), z.literal(['all', 'last'])]).default(0),
  /** Properties of the object there, instead of the argument itself. */
  property: names.optional(),
  /** Look into the functions of an object literal: `{ total: () => '…' }`. */
  functions: z.boolean().default(false),
  /** Only text that holds markup. */
  markup: z.boolean().default(false),
  when: z.array(condition).default([]),
  unless: z.array(condition).default([]),
  /** Only text that was put together here. */
  composed: z.boolean().default(false),
  /** In a list of arguments, only what follows this one. */
  after: pattern.optional(),
  /** Only where the function around holds this. */
  around: pattern.optional(),
  /** Only inside a class: what a script prints is its output. */
  inClass: z.boolean().default(false),
  /** Overrides the question's source at this place. */
  from: z.literal(['outside', 'request', 'object']).optional(),
});
export type Sink = z.output<typeof sink>;

const flow = z.strictObject({
  look: z.literal('flow'),
  from: z.literal(['outside', 'request', 'object', 'secret', 'module']).default('outside'),
  modules: names.default([]),
  safe: names.default([]),
  via: names.default([]),
  guards: z.array(z.literal(['type', 'origin', 'contained', 'local', 'own-key'])).default([]),
  fixedPrefix: z.boolean().default(false),
  stored: z.boolean().default(false),
  anywhere: z.boolean().default(false),
  sinks: z.array(sink).min(1),
});
export type FlowCheck = z.output<typeof flow>;

/** A property with a value that it must not have. */
const option = z.strictObject({
  look: z.literal('option'),
  property: names,
  /** The constant, as text. */
  matches: pattern,
  /** Only in an object that has this property too, with this constant. */
  beside: z.strictObject({ property: z.string(), matches: pattern }).optional(),
});
export type OptionCheck = z.output<typeof option>;

/** An argument with a constant that it must not have. */
const argument = z.strictObject({
  look: z.literal('argument'),
  call: names,
  argument: z.int().min(0),
  property: z.string().optional(),
  matches: pattern.optional(),
  below: z.number().optional(),
  when: z.array(condition).default([]),
});
export type ArgumentCheck = z.output<typeof argument>;

/** An assignment of a constant: `process.env.X = '0'`. */
const assignment = z.strictObject({ look: z.literal('assignment'), to: names, matches: pattern });
export type AssignmentCheck = z.output<typeof assignment>;

/** What no list of names can say; `checks/` has one file for each. */
const special = z.strictObject({
  look: z.literal([
    'backtracking',
    'comparison',
    'cookie',
    'fixed-nonce',
    'key-write',
    'literal-secret',
    'predictable-secret',
    'reflected-origin',
    'server-identity',
    'unverified-token',
    'fast-hash',
  ]),
});
export type SpecialCheck = z.output<typeof special>;

const check = z.discriminatedUnion('look', [flow, option, argument, assignment, special]);
export type Check = z.output<typeof check>;

const rule = z.strictObject({
  id: z.string().regex(/^[a-z-]+$/),
  severity: z.literal(['critical', 'high', 'medium', 'low']),
  cwe: z.int().positive(),
  title: z.string(),
  message: z.string(),
  help: z.url(),
  checks: z.array(check).min(1),
  /** Each good one must pass this rule, each bad one must be found by it. */
  examples: z.strictObject({ good: names, bad: names }),
});
export type Rule = z.output<typeof rule>;

/** Reads every rule. @throws Error that names the file and what is wrong in it */
export function loadRules(folder = rulesFolder): Rule[] {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort();
  if (files.length === 0) throw new Error(`no rule in ${folder}`);
  return files.map((file) => {
    const result = rule.safeParse(parse(readFileSync(join(folder, file), 'utf8')));
    if (!result.success) {
      const [issue] = result.error.issues;
      throw new Error(`${file}: ${issue!.path.join('.')}: ${issue!.message}`);
    }
    if (result.data.id !== basename(file, '.yaml'))
      throw new Error(`${file}: id must be the file's name, it is ${result.data.id}`);
    return result.data;
  });
}
