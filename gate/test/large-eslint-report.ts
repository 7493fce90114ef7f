/** Writes an ESLint report of a given size, shaped like a real one of very many files with short messages. Run it: FILE MEGABYTES. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

const [file, megabytes] = process.argv.slice(2);
const out = createWriteStream(file!);
const most = Number(megabytes) * 1_000_000;
let written = 0;
let files = 0;
let findings = 0;

async function write(text: string): Promise<void> {
  written += Buffer.byteLength(text);
  if (!out.write(text)) await once(out, 'drain');
}

const rules = ['no-unused-vars', '@typescript-eslint/no-unsafe-assignment', 'eqeqeq', 'no-console'];

for (; written < most; files += 1) {
  // As in real reports, many files have nothing and some have a lot.
  const messages = Array.from({ length: files % 3 === 0 ? 0 : files % 40 }, (_, i) => ({
    ruleId: rules[i % rules.length],
    severity: i % 2 === 0 ? 2 : 1,
    message: `'value${i}' of file ${files} is assigned a value but never used.`,
    line: 3 * i + 1,
    column: 9,
    messageId: 'unusedVar',
    endLine: 3 * i + 1,
    endColumn: 20,
  }));
  findings += messages.length;
  const one = {
    filePath: `/source/packages/package-${files % 50}/src/file-${files}.ts`,
    messages,
    suppressedMessages: [],
    errorCount: messages.filter(({ severity }) => severity === 2).length,
    fatalErrorCount: 0,
    warningCount: messages.filter(({ severity }) => severity === 1).length,
    fixableErrorCount: 0,
    fixableWarningCount: 0,
    usedDeprecatedRules: [],
  };
  await write(`${files === 0 ? '[' : ','}${JSON.stringify(one)}`);
}
await write(']\n');
out.end();
await once(out, 'close');
process.stdout.write(JSON.stringify({ files, findings, bytes: written }));
