/** Adds a waiver to the text of `sluice.yaml` and leaves every other byte of it as it was: comments, blank lines, quotes, line ends. */
import { isDeepStrictEqual } from 'node:util';
import { Document, isMap, isScalar, isSeq, type Node, type Pair, parseDocument } from 'yaml';
import { UsageError } from './model.ts';
import { parsePolicy, type Waiver } from './policy.ts';

/**
 * The text with the waiver at the end of the list. `file` is the name for messages, `day` today's date.
 * @throws PolicyError where the text is no policy; UsageError where the list is written in a way that can't be added to
 */
export function withWaiver(text: string, waiver: Waiver, file: string, day: string): string {
  const before = parsePolicy(Buffer.from(text), file, day);
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const changed = insert(text, waiver, newline);
  // The list may be written in a way that was not thought of: what was added must be all that changed.
  const after = changed === undefined ? undefined : readBack(changed, file, day);
  const expected = { ...before, sha256: '', waivers: [...before.waivers, waiver] };
  if (changed === undefined || !isDeepStrictEqual({ ...after, sha256: '' }, expected)) {
    throw new UsageError(`${file}: its list of waivers can't be added to by a program: write the waiver there by hand`);
  }
  return changed;
}

function readBack(text: string, file: string, day: string) {
  try {
    return parsePolicy(Buffer.from(text), file, day);
  } catch {
    return undefined;
  }
}

function insert(text: string, waiver: Waiver, newline: string): string | undefined {
  const { contents } = parseDocument(text, { schema: 'core' });
  if (contents !== null && !isMap(contents) && !isEmpty(contents)) return undefined;
  const pair = isMap(contents) ? (contents.items as Pair<Node, Node | null>[]).find(isWaivers) : undefined;
  const item = (indent: string) =>
    `${new Document([waiver])
      .toString({ lineWidth: 0 })
      .trimEnd()
      .split('\n')
      .map((line) => indent + line)
      .join(newline)}${newline}`;

  if (!pair) return `${endedLine(text, newline)}${text.trim() === '' ? '' : newline}waivers:${newline}${item('  ')}`;
  const list = pair.value;
  if (isSeq(list) && list.items.length > 0) {
    const last = list.items.at(-1) as Node;
    if (list.flow) return before(text, text.lastIndexOf(']', list.range![1]), `, ${JSON.stringify(waiver)}`);
    const indent = ' '.repeat(list.range![0] - lineStart(text, list.range![0]));
    return afterLine(text, last.range![1], item(indent), newline);
  }
  if (isSeq(list)) {
    const [start, end] = list.range!;
    // What stands behind the brackets, a comment at most, stays where it is.
    return afterLine(text.slice(0, start).replace(/[ \t]+$/, '') + text.slice(end), start - 1, item('  '), newline);
  }
  return list === null || isEmpty(list) ? afterLine(text, pair.key.range![1], item('  '), newline) : undefined;
}

function isWaivers({ key }: Pair<Node, Node | null>): boolean {
  return isScalar(key) && key.value === 'waivers';
}

function isEmpty(node: unknown): boolean {
  return isScalar(node) && node.value === null;
}

function before(text: string, offset: number, added: string): string {
  return text.slice(0, offset).trimEnd() + added + text.slice(offset);
}

/** Behind the line in which the offset lies. */
function afterLine(text: string, offset: number, added: string, newline: string): string {
  // A text of several lines ends behind its line break.
  const at = text[offset - 1] === '\n' ? offset : text.indexOf('\n', offset) + 1;
  return at === 0 ? `${endedLine(text, newline)}${added}` : text.slice(0, at) + added + text.slice(at);
}

function endedLine(text: string, newline: string): string {
  return text === '' || text.endsWith('\n') ? text : text + newline;
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}
