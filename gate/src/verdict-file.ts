/** Writes the verdict with its renderings into the reports folder, and reads it back. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chunks, jsonPieces } from './json-pieces.ts';
import { UsageError, type Verdict } from './model.ts';
import { renderPage } from './render/page.ts';
import { sarif } from './render/sarif.ts';
import { renderSummary } from './render/summary.ts';

/** The page's name inside the reports folder. */
export const pageFile = 'index.html';
const verdictFile = 'verdict.json';

/** Writes verdict.json, summary.md, index.html and sluice.sarif. @throws UsageError where the folder can't be written */
export async function writeVerdict(reports: string, verdict: Verdict): Promise<void> {
  try {
    await mkdir(reports, { recursive: true });
    await writeFile(join(reports, 'summary.md'), renderSummary(verdict));
    await writeFile(join(reports, pageFile), renderPage(verdict));
    await writeFile(join(reports, 'sluice.sarif'), sarif(verdict));
    // The verdict comes last and whole: where it is, everything else is.
    const unfinished = join(reports, `.${verdictFile}`);
    await writeFile(unfinished, withEnd(chunks(jsonPieces(verdict))));
    await rename(unfinished, join(reports, verdictFile));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(`cannot write to ${reports} (${code ?? message}): name another folder with --reports`);
  }
}

function* withEnd(pieces: Iterable<string>): Generator<string> {
  yield* pieces;
  yield '\n';
}

/** Reads verdict.json. @throws UsageError where there is none, or none of the schema `verdict/v1` */
export async function readVerdict(reports: string): Promise<Verdict> {
  const file = join(reports, verdictFile);
  let verdict: Verdict;
  try {
    verdict = JSON.parse(await readFile(file, 'utf8')) as Verdict;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(
      code === 'ENOENT' ? `no verdict in ${reports}: looked for ${file}` : `cannot read ${file}: ${message}`,
    );
  }
  if (verdict?.schema !== 'verdict/v1' || !['passed', 'failed', 'broken'].includes(verdict.status)) {
    throw new UsageError(`${file} is no verdict of the schema verdict/v1`);
  }
  return verdict;
}
