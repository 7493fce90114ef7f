/** The module's contract with Dagger, read by Dagger's own introspector: no engine needed. */
import assert from 'node:assert/strict';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';

interface Argument {
  description: string;
  isOptional: boolean;
  defaultPath?: string;
  ignore?: string[];
  type: { kind: string; name?: string };
}
interface Method {
  description: string;
  arguments: Record<string, Argument>;
  returnType: { kind: string; name?: string };
  isCheck: boolean;
  cache?: string;
}
interface Scanned {
  description: string;
  objects: Record<string, { _constructor: { arguments: Record<string, Argument> }; methods: Record<string, Method> }>;
}

const root = new URL('../..', import.meta.url).pathname;
const gateModel = join(root, 'gate/src/model.ts');
const introspector = join(root, 'node_modules/@dagger.io/dagger/dist/src/module/introspector/index.js');

/** Functions that act on a host, and take no source. */
const onHosts = ['deploy', 'mend', 'prune', 'rollback', 'setup', 'status'];

describe('the module as Dagger reads it', () => {
  let scratch: string;
  let scanned: Scanned;
  let sluice: Scanned['objects'][string];
  let stageNames: string[];

  before(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'sluice-module-'));
    // Stands in for the generated client, by whose classes the introspector knows the core types.
    const client = join(scratch, 'client.gen.ts');
    writeFileSync(
      client,
      ['Directory', 'File', 'Secret', 'Container', 'Socket'].map((name) => `export class ${name} {}`).join('\n'),
    );
    const { scan } = (await import(pathToFileURL(introspector).href)) as {
      scan: (files: string[], name: string, load: boolean) => Promise<Scanned>;
    };
    const files = globSync('dagger/src/**/*.ts', { cwd: root }).map((file) => join(root, file));
    scanned = await scan([...files, client], 'sluice', false);
    sluice = scanned.objects['Sluice']!;
    ({ stageNames } = (await import(pathToFileURL(gateModel).href)) as { stageNames: string[] });
  });
  after(() => rmSync(scratch, { recursive: true }));

  test('offers a function for each stage of the gate, each a check, those for the whole, and those for a host', () => {
    const all = [...stageNames, 'ci', 'image', 'publish', 'reports', 'rescan', 'selfTest', 'verify', ...onHosts];
    assert.deepEqual(Object.keys(sluice.methods).sort(), all.sort());
    for (const name of stageNames) assert.equal(sluice.methods[name]!.isCheck, true, name);
  });

  test('takes in the constructor only what rarely changes', () => {
    assert.deepEqual(Object.keys(sluice._constructor.arguments), [
      'mirror',
      'images',
      'npmrc',
      'caCertificates',
      'vulnerabilityDb',
      'vulnerabilityDbArchive',
      'vulnerabilityDbCredentials',
    ]);
    for (const [name, argument] of Object.entries(sluice._constructor.arguments)) assert.ok(argument.isOptional, name);
  });

  test('every function takes the source from the root of the repository, without what no stage reads', () => {
    for (const [name, { arguments: given }] of Object.entries(sluice.methods)) {
      // What is published already is no source either.
      if ([...onHosts, 'verify', 'rescan', 'selfTest'].includes(name)) continue;
      const compared = name === 'ci' || name === 'reports';
      if (name !== 'publish') {
        assert.deepEqual(Object.keys(given), ['source', 'policy', ...(compared ? ['base'] : [])], name);
      }
      assert.equal(given['source']!.defaultPath, '/', name);
      assert.ok(given['source']!.ignore!.includes('**/node_modules'), name);
      assert.ok(given['policy']!.isOptional, name);
    }
  });

  test('everything public is documented by sentences, arguments with their default', () => {
    assert.match(scanned.description, /^Sluice: /);
    for (const [name, method] of Object.entries(sluice.methods)) {
      assert.match(method.description, /^[A-Z].*[.:`]/, name);
      for (const [argument, { description, isOptional, defaultPath }] of Object.entries(method.arguments)) {
        const sentences = isOptional || defaultPath ? /^[A-Z].*\. Default: .*\.$/ : /^[A-Z].*\.$/;
        assert.match(description, sentences, `${name} ${argument}`);
      }
    }
    for (const [name, { description }] of Object.entries(sluice._constructor.arguments)) {
      assert.match(description, /\. Default: .*\.$/, name);
    }
  });

  test('takes no flag that dagger call has itself: it would refuse every call of the function', () => {
    for (const [name, { arguments: given }] of Object.entries(sluice.methods)) {
      for (const own of ['json', 'output', 'help', 'mod', 'progress', 'debug', 'silent', 'verbose', 'quiet']) {
        assert.ok(!(own in given), `${name} ${own}`);
      }
    }
  });

  test('nothing that asks for a fresh answer is served from the function cache', () => {
    for (const name of ['reports', 'publish', 'verify', 'rescan', ...onHosts])
      assert.equal(sluice.methods[name]!.cache, 'never', name);
    assert.equal(sluice.methods['ci']!.cache, '1h');
  });

  test('imports nothing that a module can not import', () => {
    for (const file of globSync('dagger/src/**/*.ts', { cwd: root })) {
      const text = readFileSync(join(root, file), 'utf8');
      assert.doesNotMatch(text, /\b(ExecError|up)\b[^;]*from '@dagger\.io\/dagger'/, file);
      assert.doesNotMatch(text, /from '(\.\.\/)+(gate|service)\//, file);
    }
  });
});
