/** look: fixed-nonce. An initialisation vector that is the same every time. */
import { constantOf, literalOf } from '../constants.ts';
import { isNamed, namesOf } from '../names.ts';
import type { Node, Source } from '../syntax.ts';
import { bare } from '../syntax.ts';
import { callsNamed, type File, placeOf, type Report } from './check.ts';

export function fixedNonce(file: File, report: Report): void {
  for (const call of callsNamed(file, ['crypto.createCipheriv', '*.createCipheriv', 'createCipheriv'])) {
    const nonce = call.arguments[2];
    if (nonce && isFixed(nonce, file.source)) report(placeOf(call));
  }
}

/** A text, or bytes made of one; null is a mode without a vector, which has a rule of its own. */
function isFixed(node: Node, source: Source): boolean {
  const at = bare(literalOf(node, source) ?? node);
  const value = constantOf(at, source);
  if (typeof value === 'string') return value !== '';
  if (at.type === 'NewExpression')
    return (
      isNamed(namesOf(at.callee, source), ['Uint8Array', 'Buffer']) &&
      at.arguments.every((one) => one.type === 'ArrayExpression' || constantOf(one, source) !== undefined)
    );
  if (at.type !== 'CallExpression') return false;
  const names = namesOf(at.callee, source);
  if (isNamed(names, ['Buffer.alloc'])) return !isFilledLater(node, source);
  if (isNamed(names, ['Buffer.from']))
    return (
      at.arguments[0] !== undefined &&
      (constantOf(at.arguments[0], source) !== undefined || at.arguments[0].type === 'ArrayExpression')
    );
  const callee = bare(at.callee);
  return (
    callee.type === 'MemberExpression' &&
    /\.(slice|subarray|padEnd|repeat)$/.test(names[0] ?? '') &&
    isFixed(callee.object, source)
  );
}

/** `const nonce = Buffer.alloc(12); nonce.writeUInt32BE(counter)`: it does change. */
function isFilledLater(node: Node, source: Source): boolean {
  if (node.type !== 'Identifier') return false;
  const root = source.text(source.root);
  return new RegExp(
    `\\b${node.name}\\.(write\\w+|set|fill|copy)\\(|(randomFill(Sync)?|getRandomValues|\\.copy)\\(\\s*${node.name}\\b`,
  ).test(root);
}
