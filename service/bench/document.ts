/** Puts the report into docs/performance.md, between its markers; everything else on that page is somebody else's. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));
const HEADING = '## The release ledger';
const BEGIN = '<!-- service/bench writes from here -->';
const END = '<!-- service/bench writes to here -->';

export function writeSection(text: string): void {
  const page = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '# Performance\n';
  writeFileSync(PAGE, withSection(page, text));
}

/** The page with the section replaced, or added at its end. */
function withSection(page: string, text: string): string {
  const section = `${BEGIN}\n\n${text.trim()}\n\n${END}`;
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin === -1 || end === -1) return `${page.trimEnd()}\n\n${HEADING}\n\n${section}\n`;
  return page.slice(0, begin) + section + page.slice(end + END.length);
}
