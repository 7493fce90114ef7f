/** Text put together of pieces, and patterns that make it harmless. */
import { constantOf } from '../constants.ts';
import { bare, type Node, type Source } from '../syntax.ts';
import { type At, type Walk, whole } from './question.ts';

/** Once the host (or the first path segment) is fixed, the rest of a text can't change it. */
const fixedStart = /^([a-z][a-z+.-]*:\/\/[^/?#]+[/?#]|[^/?#]*\u0000[/?#]|\/[^/\\])/i;

/** The first of the pieces that leads anywhere. */
export function throughPieces(walk: Walk, pieces: (string | Node)[], at: At): Node | undefined {
  let before = '';
  for (const piece of pieces) {
    const constant = typeof piece === 'string' ? piece : constantOf(piece, walk.source);
    if (constant !== undefined) {
      before += String(constant);
    } else {
      if (walk.question.fixedPrefix && fixedStart.test(before)) return undefined;
      const found = walk.composing(() => walk.reach(piece as Node, whole(at)));
      if (found) return found;
      before += '\u0000';
    }
  }
  return undefined;
}

/** The operands of a chain of `+`, from left to right. */
export function summands(node: Node, source: Source): (string | Node)[] {
  const at = bare(node);
  if (at.type === 'BinaryExpression' && at.operator === '+')
    return [...summands(at.left, source), ...summands(at.right, source)];
  const constant = constantOf(at, source);
  return [typeof constant === 'string' ? constant : at];
}

/** `replace(/[^a-z]/g, '')` keeps only what is listed; `'\\$&'` escapes what is special. */
export function cleans(call: Extract<Node, { type: 'CallExpression' }>, source: Source): boolean {
  const [pattern, replacement] = call.arguments.map((one) => constantOf(one, source));
  if (replacement === '\\$&') return true;
  return (
    pattern instanceof RegExp &&
    pattern.flags.includes('g') &&
    /^\[\^[^\]]*\]\+?$|^\\W\+?$|^\\D\+?$/.test(pattern.source) &&
    !/[/.\\]{2}|\/|\\s\\S/.test(pattern.source)
  );
}

/** Whether the pattern stands for the whole text, and not for anything at all. */
export function patternIsAnchored(
  callee: Extract<Node, { type: 'MemberExpression' }>,
  call: Extract<Node, { type: 'CallExpression' }>,
  name: string,
  source: Source,
): boolean {
  const expression =
    name === 'exec' ? constantOf(callee.object, source) : call.arguments[0] && constantOf(call.arguments[0], source);
  return (
    expression instanceof RegExp &&
    expression.source.startsWith('^') &&
    expression.source.endsWith('$') &&
    !/(^|[^\\])\.[*+]/.test(expression.source)
  );
}
