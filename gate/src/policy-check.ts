/** The shape of `sluice.yaml`, and where in the file each mistake stands. */
import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  visit,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
} from 'yaml';
import { z } from 'zod';
import { addDays, isDay } from './dates.ts';
import { blockPolicies, coverageKinds, PolicyError, severities, stageNames, type StageName } from './model.ts';
import type { Policy, Threshold } from './policy.ts';

/** How far ahead a waiver may reach: long enough for an upstream fix, short enough that someone looks again. */
export const longestWaiverDays = 180;

type Checked = Pick<Policy, 'project' | 'block' | 'stages' | 'waivers'>;
/** Where Nest leaves what it compiled. */
const defaultOutput = 'dist';
/** One everywhere, whatever machine builds: the same commit must give the same image. */
const defaultPlatforms = ['linux/amd64'];

type Path = PropertyKey[];

/** @throws PolicyError with one line "file:line: key: what is wrong" for each mistake. */
export function checkPolicyText(text: string, file: string, day: string): Checked {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, schema: 'core', uniqueKeys: false });
  const lineAt = (offset: number) => lines.linePos(offset).line;

  // A warning (an unknown tag, say) means that the value is not what it looks like: as bad as an error here.
  const syntax = [...document.errors, ...document.warnings];
  if (syntax.length > 0) {
    throw new PolicyError(
      syntax.map((e) => `${file}:${lineAt(e.pos[0])}: not valid YAML: ${e.message.split('\n')[0]}`),
    );
  }
  const twice = duplicateKeys(document);
  if (twice.length > 0) {
    throw new PolicyError(twice.map((key) => `${file}:${lineAt(key.offset)}: ${key.name}: duplicate key`));
  }

  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    throw new PolicyError([`${file}:1: ${(error as Error).message}`]);
  }

  const result = policySchema(day).safeParse(value);
  if (result.success) return result.data as unknown as Checked; // zod loses the names of stages that came from a table
  const problems = result.error.issues.flatMap((issue) =>
    pathsOf(issue).map((path) => ({
      line: lineAt(offsetOf(document, path)),
      key: shown(path),
      message: issue.message,
    })),
  );
  problems.sort((a, b) => a.line - b.line);
  throw new PolicyError(problems.map((p) => `${file}:${p.line}: ${p.key ? `${p.key}: ` : ''}${p.message}`));
}

/** What is wrong with a waiver that is to be added on that day, one line each: "expires: is too far ahead, …". */
export function waiverProblems(given: unknown, day: string): string[] {
  const result = waiver(day).safeParse(given);
  return result.success ? [] : result.error.issues.map(({ path, message }) => `${shown(path)}: ${message}`);
}

function policySchema(day: string) {
  return section({
    project: section({ name: text().optional(), source: url().optional(), bundle: z.array(pathInside()).default([]) }),
    block: oneOf(blockPolicies).default('all'),
    stages: section(Object.fromEntries(stageNames.map((name) => [name, stage(name)]))),
    waivers: z.preprocess((value) => value ?? [], z.array(waiver(day), { error: 'must be a list of waivers' })),
  });
}

/** The keys that only some stages have. A stage without a threshold blocks on any finding: there is no minor type error. */
const ownKeys: Partial<Record<StageName, Record<string, z.ZodType>>> = {
  lint: { threshold: threshold().default('high') },
  sast: { threshold: threshold().default('medium') },
  deps: {
    threshold: threshold().default('high'),
    databaseMaxAge: hours().default(48),
    developmentDependencies: z.boolean({ error: required('true or false') }).default(true),
  },
  scan: { threshold: threshold().default('high'), databaseMaxAge: hours().default(48) },
  build: {
    output: pathInside().default(defaultOutput),
    dockerfile: pathInside().optional(),
    platforms: platforms().default(defaultPlatforms),
  },
  test: { coverage: section(Object.fromEntries(coverageKinds.map((kind) => [kind, percent().optional()]))).optional() },
  config: {
    threshold: threshold().default('high'),
    compose: z.array(z.array(pathInside()).min(1), { error: required('a list of lists of files') }).optional(),
    variables: z.record(z.string(), z.string({ error: required('text') }), { error: required('a mapping') }).optional(),
  },
  dast: {
    threshold: threshold().default('medium'),
    port: z
      .int({ error: required('a port') })
      .min(1, { error: 'must be at least 1' })
      .max(65_535, { error: 'must be at most 65535' })
      .optional(),
    environment: z
      .record(z.string().regex(/^[A-Za-z_]\w*$/), z.string({ error: required('text') }), {
        error: required('a mapping of names of variables to text'),
      })
      .optional(),
    health: urlPath().optional(),
    openapi: urlPath().optional(),
    token: section({
      header: text().default('Authorization'),
      value: text().default('Bearer ${TOKEN}'),
    }).optional(),
    seed: pathInside().optional(),
    unreached: z
      .array(
        section({
          operation: text().regex(/^[A-Z]+ \/\S*$/, {
            error: 'must be "METHOD /path", the path as in the OpenAPI document',
          }),
          reason: text(),
        }),
        { error: 'must be a list of operations, each with a reason' },
      )
      .optional(),
  },
};

/** A path on the service itself. */
function urlPath() {
  return text().refine((path) => /^\/(?!\/)\S*$/.test(path), { error: 'must be a path that begins with /' });
}

/** Stages that look at the whole repository, by no script of its own: half of it would be no answer. */
const ofWholeTree: StageName[] = ['secrets', 'config'];

function stage(name: StageName) {
  const keys = section({
    required: z.boolean({ error: required('true or false') }).default(true),
    ...(ofWholeTree.includes(name) ? {} : { directory: pathInside().default('.'), script: text().optional() }),
    timeout: z
      .int({ error: required('a whole number of seconds') })
      .min(1, { error: 'must be at least 1 second' })
      .max(86_400, { error: 'must be at most 86400 seconds, a day' })
      .default(900),
    ...ownKeys[name],
  });
  return keys.transform((checked) => ({ output: defaultOutput, directory: '.', ...checked }));
}

function waiver(day: string) {
  const last = addDays(day, longestWaiverDays);
  return section({
    id: text(),
    stage: oneOf(stageNames).optional(),
    package: text().optional(),
    path: pathInside().optional(),
    resource: text().optional(),
    owner: text(),
    reason: text(),
    expires: text()
      .refine(isDay, { error: 'must be a day that exists, as YYYY-MM-DD', abort: true })
      .refine((expires) => expires <= last, {
        error: `is too far ahead, allowed: at most ${longestWaiverDays} days, ${last}`,
      }),
    until: oneOf(['fixed']).optional(),
  });
}

/** A mapping with these keys and no others. One whose keys are all commented out counts as empty. */
function section<Shape extends z.ZodRawShape>(shape: Shape) {
  const allowed = Object.keys(shape).join(', ');
  const mapping = z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown key, allowed: ${allowed}`
        : required(`a mapping with the keys ${allowed}`)(issue),
  });
  return z.preprocess((value) => value ?? {}, mapping);
}

function text() {
  return z.string({ error: required('text') }).refine((value) => value.trim() !== '', { error: 'must not be empty' });
}

/** As the ledger and the labels of an image take it. */
function url() {
  return text().refine((value) => /^https?:\/\/[^\s/?#@]+(\/[A-Za-z0-9._~-]+)+$/.test(value), {
    error: 'must be the address of a repository, such as https://github.com/acme/checkout',
  });
}

/** A path that can't lead out of the repository. */
function pathInside() {
  return text().refine((path) => !path.startsWith('/') && !path.includes('\\') && !path.split('/').includes('..'), {
    error: 'must be a path inside the repository, relative to its root',
  });
}

/** At least one platform, each once, as images name them. */
function platforms() {
  const platform = text().refine((value) => /^linux\/[a-z0-9]+(\/v[0-9]+)?$/.test(value), {
    error: 'must be a platform such as linux/amd64 or linux/arm64',
  });
  return z
    .array(platform, { error: required('a list of platforms') })
    .min(1, { error: 'must name at least one platform' })
    .refine((list) => new Set(list).size === list.length, { error: 'names a platform twice' });
}

function percent() {
  const wanted = 'must be a number from 0 to 100, in percent';
  return z.number({ error: wanted }).min(0, { error: wanted }).max(100, { error: wanted });
}

function hours() {
  return z
    .int({ error: required('a whole number of hours') })
    .min(1, { error: 'must be at least 1 hour' })
    .max(8760, { error: 'must be at most 8760 hours, a year' });
}

function threshold() {
  return oneOf(severities.filter((s): s is Threshold => s !== 'unknown'));
}

function oneOf<const Values extends readonly string[]>(values: Values) {
  return z.enum(values, { error: required(`one of: ${values.join(', ')}`) });
}

function required(what: string) {
  return (issue: { input?: unknown }) =>
    issue.input === undefined
      ? `missing, must be ${what}`
      : `must be ${what}${typeof issue.input === 'number' && what === 'text' ? ' (put it in quotes)' : ''}`;
}

/** An issue about unknown keys names several of them; each gets its own line. */
function pathsOf(issue: z.core.$ZodIssue): Path[] {
  return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
}

/** stages.lint.threshold, waivers[2].expires */
function shown(path: Path): string {
  return path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i > 0 ? '.' : ''}${String(key)}`)).join('');
}

/** Where the value at the path (or the deepest part of the path that exists) begins. An unknown key is found by its own place. */
function offsetOf(document: Document, path: Path): number {
  let offset = 0;
  let node = document.contents as Node | null | undefined;
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (!isCollection(node)) break;
    if (isMap(node)) {
      const pair = node.items.find((item) => String(isScalar(item.key) ? item.key.value : item.key) === String(key));
      if (!pair) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value as Node | null;
    } else {
      node = node.items[Number(key)] as Node | undefined;
      offset = node?.range?.[0] ?? offset;
    }
  }
  return offset;
}

/** Found by hand: the library reports them without saying which key, and in another line. */
function duplicateKeys(document: Document): { name: string; offset: number }[] {
  const found: { name: string; offset: number }[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const name = String(isScalar(key) ? key.value : key);
        if (seen.has(name)) found.push({ name, offset: (key as Node).range?.[0] ?? 0 });
        seen.add(name);
      }
    },
  });
  return found;
}
