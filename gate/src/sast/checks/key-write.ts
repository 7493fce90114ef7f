/** look: key-write. A chain of keys from outside decides where a value is written: `__proto__` leads to every object there is. */
import { Flow, type Question } from '../flow.ts';
import type { Node, Source } from '../syntax.ts';
import { bare, everyNode, functionAround, isFunction, variableOf } from '../syntax.ts';
import type { File, Report } from './check.ts';
import { isGuarded } from '../guards.ts';
import { isNamed, namesOf } from '../names.ts';
import { initialValue, literalOf } from '../constants.ts';

const question: Question = {
  from: 'outside',
  modules: [],
  safe: [],
  via: [],
  guards: ['own-key'],
  fixedPrefix: false,
  stored: false,
  anywhere: true,
};

export function keyWrite({ source, nodes }: File, report: Report): void {
  for (const node of nodes) {
    if (node.type !== 'AssignmentExpression' || node.left.type !== 'MemberExpression' || !node.left.computed) continue;
    // A new empty object on the way is no value yet.
    if (node.right.type === 'ObjectExpression' && node.right.properties.length === 0) continue;
    const { object, property } = node.left;
    const key = bare(property);
    if (key.type === 'Literal' || isSafeKey(key, node, source) || withoutPrototype(object, source)) continue;
    if (!isFreeKey(key, source)) continue;
    if (isWalked(object, key, node, source)) report(node);
  }
}

/** The key is text from outside, or a name of a member of an object from outside. */
function isFreeKey(key: Node, source: Source): boolean {
  if (new Flow(source, question, key).origin(key)) return true;
  const origin = iteratedOver(key, source);
  return origin !== undefined && new Flow(source, question, key).origin(origin) !== undefined;
}

/** The object whose keys a loop or callback runs through. */
function iteratedOver(key: Node, source: Source): Node | undefined {
  if (key.type !== 'Identifier') return undefined;
  const definition = variableOf(key, source)?.defs[0];
  const declarator = definition?.node as unknown as Node | undefined;
  if (definition?.type === 'Variable') {
    const loop = declarator?.parent?.parent;
    return loop?.type === 'ForInStatement' || loop?.type === 'ForOfStatement' ? keysOf(loop.right, source) : undefined;
  }
  const call = declarator?.parent;
  if (definition?.type !== 'Parameter' || call?.type !== 'CallExpression') return undefined;
  const callee = bare(call.callee);
  return callee.type === 'MemberExpression' ? keysOf(callee.object, source) : undefined;
}

function keysOf(node: Node, source: Source): Node | undefined {
  const at = bare(node);
  if (
    at.type === 'CallExpression' &&
    isNamed(namesOf(at.callee, source), [
      'Object.keys',
      'Object.entries',
      'Reflect.ownKeys',
      'Object.getOwnPropertyNames',
    ])
  )
    return at.arguments[0];
  return at;
}

function isSafeKey(key: Node, at: Node, source: Source): boolean {
  if (isGuarded(source.text(key), at, ['own-key'], source)) return true;
  // A filter before the loop, or a set of refused keys looked at anywhere in the function.
  const around = functionAround(at);
  return (
    around !== undefined && /__proto__/.test(source.text(around)) && /prototype|constructor/.test(source.text(around))
  );
}

/** `Object.create(null)` and Map have nothing to pollute. */
function withoutPrototype(object: Node, source: Source): boolean {
  const at = bare(object);
  const root = literalOf(at.type === 'MemberExpression' && at.computed ? at.object : at, source);
  return (
    root !== undefined &&
    /Object\.create\(null\)/.test(source.text(root)) &&
    !(at.type === 'MemberExpression' && at.computed)
  );
}

/** The object was itself reached by such a key, or the function calls itself on what it found under the key. */
function isWalked(object: Node, key: Node, at: Node, source: Source): boolean {
  const target = bare(object);
  if (target.type === 'MemberExpression' && target.computed) {
    const first = bare(target.property);
    return first.type !== 'Literal' && isFreeKey(first, source) && !isSafeKey(first, at, source);
  }
  // `keys.reduce((at, key) => (at[key] ??= {}), root)[last] = value`
  if (target.type === 'CallExpression')
    return everyNode(target).some(
      (one) => one.type === 'MemberExpression' && one.computed && one.property.type === 'Identifier',
    );
  if (target.type !== 'Identifier') return false;
  const variable = variableOf(target, source);
  const steps = (variable?.references ?? []).some(({ identifier, init }) => {
    const parent = (identifier as unknown as Node).parent;
    const value = init
      ? initialValue(target, source)
      : parent?.type === 'AssignmentExpression' && parent.left === (identifier as unknown as Node)
        ? parent.right
        : undefined;
    return (
      value !== undefined &&
      everyNode(value).some((one) => one.type === 'MemberExpression' && one.computed && one.property.type !== 'Literal')
    );
  });
  if (steps) return true;
  for (let around = functionAround(at) as Node | undefined; around; around = functionAround(around)) {
    if (!isFunction(around)) break;
    const name =
      'id' in around && around.id
        ? around.id.name
        : around.parent?.type === 'MethodDefinition' && around.parent.key.type === 'Identifier'
          ? around.parent.key.name
          : around.parent?.type === 'VariableDeclarator' && around.parent.id.type === 'Identifier'
            ? around.parent.id.name
            : undefined;
    if (name === undefined) continue;
    const recursive = everyNode(around).some(
      (one) =>
        one.type === 'CallExpression' &&
        new RegExp(`(^|\\.)${name}$`).test(source.text(one.callee)) &&
        one.arguments.some((each) => source.text(each).includes(`[${source.text(key)}]`)),
    );
    if (recursive) return true;
  }
  return false;
}
