/** What a check is given: one file, its nodes by kind, and a way to report. */
import { constantOf, literalOf } from '../constants.ts';
import { isNamed, namesOf } from '../names.ts';
import type { Condition } from '../rule.ts';
import type { Node, Source } from '../syntax.ts';
import { bare, propertyOf } from '../syntax.ts';

export type Call = Extract<Node, { type: 'CallExpression' | 'NewExpression' }>;
export type ObjectLiteral = Extract<Node, { type: 'ObjectExpression' }>;

export interface File {
  source: Source;
  nodes: Node[];
  calls: { node: Call; names: string[] }[];
  objects: ObjectLiteral[];
}

export type Report = (node: Node) => void;

export function openFile(source: Source, nodes: Node[]): File {
  const calls = nodes.filter((one): one is Call => one.type === 'CallExpression' || one.type === 'NewExpression');
  return {
    source,
    nodes,
    calls: calls.map((node) => ({
      node,
      names: calledNames(node, source),
    })),
    objects: nodes.filter((one): one is ObjectLiteral => one.type === 'ObjectExpression'),
  };
}

function calledNames(node: Call, source: Source): string[] {
  const names = namesOf(node.callee, source);
  if (node.type === 'NewExpression') return names.map((one) => `new ${one}`);
  // `const f = new Function(…); f()` calls what was made, it makes nothing.
  return node.callee.type === 'Identifier' ? names.filter((one) => !/^new /.test(one) && !one.endsWith(')')) : names;
}

export function callsNamed(file: File, patterns: readonly string[], except: readonly string[] = []): Call[] {
  return file.calls.filter(({ names }) => isNamed(names, patterns) && !isNamed(names, except)).map(({ node }) => node);
}

/** The object literal that an expression is or was declared as. */
export function objectOf(node: Node | undefined, source: Source): ObjectLiteral | undefined {
  const literal = node && literalOf(node, source);
  const at = literal && bare(literal);
  return at?.type === 'ObjectExpression' ? at : undefined;
}

/** True where every condition holds of the call's arguments. */
export function holds(conditions: readonly Condition[], call: Call, source: Source): boolean {
  return conditions.every(({ argument, property, matches }) => {
    const given = call.arguments[argument];
    const value = property === undefined ? given : given && propertyIn(given, property, source);
    if (!value) return false;
    if (matches === undefined) return true;
    const constant = constantOf(value, source);
    return constant !== undefined && new RegExp(matches, 'i').test(String(constant));
  });
}

function propertyIn(node: Node, property: string, source: Source): Node | undefined {
  const object = objectOf(node, source);
  return object && propertyOf(object, property);
}

/** The values that an expression can have: both sides of `? :`, `??` and `||`. */
export function alternatives(node: Node): Node[] {
  const at = bare(node);
  if (at.type === 'ConditionalExpression') return [at.consequent, at.alternate].flatMap(alternatives);
  if (at.type === 'LogicalExpression') return [at.left, at.right].flatMap(alternatives);
  return [at];
}

/** The name of the method in a chain: where a report about a call belongs. */
export function placeOf(call: Call): Node {
  const callee = bare(call.callee);
  return callee.type === 'MemberExpression' ? callee.property : callee;
}
