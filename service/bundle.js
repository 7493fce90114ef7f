/**
 * Packs dist/, as tsc emitted it, into one file a program for the image: 3 MB for the service instead of 80 MB of node_modules, and far fewer files to open at start.
 * Usage: node bundle.js DIRECTORY
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const [directory] = process.argv.slice(2);
if (!directory) {
  console.error('bundle.js: name the directory to write to: node bundle.js DIRECTORY');
  process.exit(2);
}

/** Nest and TypeORM look for packages that a project may or may not have. What is not installed stays an import that fails, as it does unbundled. */
const leaveOutWhatIsNotInstalled = {
  name: 'leave-out-what-is-not-installed',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, ...from }) => {
      if (pluginData === 'asked' || path.startsWith('node:')) return undefined;
      const { errors } = await resolve(path, { ...from, pluginData: 'asked' });
      return errors.length > 0 ? { path, external: true } : undefined;
    });
  },
};

/** What would be loaded at every start and is never used: a third of the bundle. */
const leaveOutWhatIsNotUsed = {
  name: 'leave-out-what-is-not-used',
  setup({ onResolve, onLoad }) {
    // TypeORM's drivers for other databases than PostgreSQL.
    onLoad({ filter: /\/typeorm\/driver\/[^/]+\/\w+Driver\.js$/ }, ({ path }) => {
      const name = basename(path, '.js');
      if (name === 'PostgresDriver') return undefined;
      return {
        contents: `exports.${name} = class ${name} { constructor() { throw new Error('${name} is not in this bundle'); } };`,
      };
    });
    // The compilers of schemas that Fastify loads where it is given no others; the service gives it others.
    onLoad({ filter: /\/@fastify\/(ajv|fast-json-stringify)-compiler\/index\.js$/ }, () => ({ contents: '' }));
    // zod's messages in other languages.
    onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: `export { default as en } from './en.js';`,
    }));
    // What Fastify asks of its plugins' versions, which the lockfile fixes: the tests, unbundled, have asked it.
    onResolve({ filter: /^semver$/ }, ({ importer }) =>
      importer.endsWith('/fastify/lib/plugin-utils.js') ? { path: 'satisfied', namespace: 'semver' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'semver' }, () => ({ contents: 'exports.satisfies = () => true;' }));
    // The dates of Nest's own loggers, for which the service has another: to make a format reads megabytes of ICU's tables.
    onLoad({ filter: /\/@nestjs\/common\/services\/(console-)?logger\.service\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(
        /(const dateTimeFormatter) = (new Intl\.DateTimeFormat\([^;]*\));/,
        '$1 = { format: (date) => $2.format(date) };',
      ),
    }));
  },
};

/** `import` of a module of Node's copies all its exports, and so loads what node:http only offers, such as fetch; `require` does not. */
const requireBuiltins = {
  name: 'require-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'builtin' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}');`,
    }));
  },
};

/**
 * CommonJS that is loaded when something of it is used, which most processes never do: of Node another protocol than is served, and
 * compression for pushed metrics; of TypeORM colours, formatting and files of entities; of rate-limit addresses, where the limit is by
 * token; of prom-client traces.
 */
const LATE = new Set([
  ...['node:http2', 'node:https', 'https', 'zlib', 'fs/promises'],
  ...['ansis', 'debug', 'tinyglobby', '@sqltools/formatter', 'sql-highlight', 'ip-address', '@opentelemetry/api'],
]);

/** Stands in for a module, and for what is picked from it, until that is called or constructed. */
const STAND_IN = `const standIn = (value, owner = () => undefined) => new Proxy(function () {}, {
  get: (_, name) => (name === '__esModule' ? undefined : standIn(() => value()[name], value)),
  apply: (_, self, values) => Reflect.apply(value(), owner(), values),
  construct: (_, values) => Reflect.construct(value(), values),
});`;

const loadLate = {
  name: 'load-late',
  setup({ onResolve, onLoad, resolve }) {
    onResolve({ filter: /./ }, async ({ path, kind, pluginData, ...from }) => {
      if (!LATE.has(path) || kind !== 'require-call' || pluginData === 'asked') return undefined;
      if (isBuiltin(path)) return { path, namespace: 'late' };
      const { path: file } = await resolve(path, { ...from, kind, pluginData: 'asked' });
      return { path: file, namespace: 'late' };
    });
    onLoad({ filter: /./, namespace: 'late' }, ({ path }) => {
      const name = JSON.stringify(path);
      const load = isBuiltin(path) ? `process.getBuiltinModule(${name})` : `require(${name})`;
      return { contents: `${STAND_IN}\nmodule.exports = standIn(() => ${load});`, resolveDir: import.meta.dirname };
    });
  },
};

const esModules = (name, path) => fileURLToPath(new URL(path, import.meta.resolve(`${name}/package.json`)));

const settings = {
  // From wherever it is called: the Dockerfile calls it from the root.
  absWorkingDir: import.meta.dirname,
  outdir: directory,
  bundle: true,
  platform: 'node',
  target: 'node24',
  // Identifiers stay as they are: a stack in the log should be readable. (keepNames would cost a call for every closure that a request makes.)
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  // As ES modules, of which only what is used is taken.
  alias: {
    rxjs: esModules('rxjs', 'dist/esm/index.js'),
    'rxjs/operators': esModules('rxjs', 'dist/esm/operators/index.js'),
  },
  plugins: [requireBuiltins, loadLate, leaveOutWhatIsNotInstalled, leaveOutWhatIsNotUsed],
  logLevel: 'warning',
};

// CommonJS, because it starts sooner.
const { outputFiles } = await build({
  ...settings,
  write: false,
  entryPoints: ['dist/main.js'],
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  define: { 'import.meta.url': 'bundleUrl' },
  banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
});

// esbuild escapes what is not ASCII, but for characters in regular expressions; a single one would double the memory that the source takes.
mkdirSync(directory, { recursive: true });
for (const { path, text } of outputFiles) {
  writeFileSync(
    path,
    text.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}

await build({
  ...settings,
  entryPoints: ['migrate', 'healthcheck', 'auth/make-token'].map((name) => `dist/${name}.js`),
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  // CommonJS packages inside an ES module still call require.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
});
