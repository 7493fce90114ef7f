/** Checks that a value must pass before it is used: allow lists, anchored patterns, compared origins, contained paths. */
import type { FunctionNode, Node, Source } from './syntax.ts';
import { bare, functionAround, isFunction, returned, variableOf } from './syntax.ts';
import { constantOf, initialValue, isAnchored, literalOf } from './constants.ts';
import { isNamed, namesOf } from './names.ts';

/** Which checks satisfy a rule besides allow lists and anchored patterns, which satisfy all. */
export type GuardKind = 'type' | 'origin' | 'contained' | 'local' | 'own-key';

/** True where the expression (as written) passed a check on every way to `at`. */
export function isGuarded(written: string, at: Node, kinds: readonly GuardKind[], source: Source): boolean {
  for (let child = at, parent = at.parent; parent; child = parent, parent = parent.parent) {
    const passed = (test: Node, truth: boolean) => validates(test, truth, written, kinds, source);
    if (parent.type === 'IfStatement' || parent.type === 'ConditionalExpression') {
      if (child === parent.consequent && passed(parent.test, true)) return true;
      if (child === parent.alternate && passed(parent.test, false)) return true;
    }
    if (parent.type === 'LogicalExpression' && child === parent.right) {
      if (parent.operator === '&&' && passed(parent.left, true)) return true;
      if (parent.operator === '||' && passed(parent.left, false)) return true;
    }
    if (parent.type === 'BlockStatement' || parent.type === 'Program' || parent.type === 'SwitchCase') {
      const statements: Node[] = parent.type === 'SwitchCase' ? parent.consequent : parent.body;
      for (const before of statements.slice(0, Math.max(0, statements.indexOf(child as never)))) {
        if (before.type === 'IfStatement' && leaves(before.consequent) && passed(before.test, false)) return true;
        if (before.type === 'ExpressionStatement' && asserts(bare(before.expression), written, source)) return true;
      }
    }
    if (isFunction(parent) && !isCallback(parent)) return false;
  }
  return false;
}

/** A function handed to another call sees what was checked around it. */
function isCallback(node: Node): boolean {
  return (
    node.type === 'ArrowFunctionExpression' ||
    node.parent?.type === 'CallExpression' ||
    node.parent?.type === 'NewExpression'
  );
}

/** A block that never goes on to what follows it. */
function leaves(node: Node): boolean {
  if (node.type === 'BlockStatement') return node.body.length > 0 && leaves(node.body.at(-1)!);
  return ['ThrowStatement', 'ReturnStatement', 'ContinueStatement', 'BreakStatement'].includes(node.type);
}

/** `assertAllowed(url)`, `await this.ensureMember(id)`: named to stop what must not pass. */
function asserts(node: Node, written: string, source: Source): boolean {
  if (node.type !== 'CallExpression') return false;
  const name = namesOf(node.callee, source)[0]?.split('.').at(-1) ?? '';
  return (
    /^(assert|ensure|check|validate|verify|require|must)/i.test(name) &&
    node.arguments.some((one) => refersTo(one, written, source))
  );
}

/** True where `test` being `truth` means that the value passed. */
function validates(
  test: Node,
  truth: boolean,
  written: string,
  kinds: readonly GuardKind[],
  source: Source,
  depth = 0,
): boolean {
  const node = bare(test);
  const inner = (one: Node, wanted: boolean) => validates(one, wanted, written, kinds, source, depth + 1);
  if (depth > 10) return false;
  switch (node.type) {
    case 'UnaryExpression':
      return node.operator === '!' && inner(node.argument, !truth);
    case 'LogicalExpression': {
      const sides = [inner(node.left, truth), inner(node.right, truth)];
      return (node.operator === '&&') === truth ? sides.some(Boolean) : sides.every(Boolean);
    }
    case 'Identifier': {
      const init = initialValue(node, source);
      return init !== undefined && inner(init, truth);
    }
    case 'BinaryExpression':
      return (
        node.left.type !== 'PrivateIdentifier' &&
        compared(node.operator, node.left, node.right, truth, written, kinds, source)
      );
    case 'CallExpression':
      return called(node, truth, written, kinds, source, depth);
    default:
      return false;
  }
}

function compared(
  operator: string,
  left: Node,
  right: Node,
  truth: boolean,
  written: string,
  kinds: readonly GuardKind[],
  source: Source,
): boolean {
  if (operator === 'in') return truth && refersTo(left, written, source);
  const equal = operator === '===' || operator === '==';
  if (!equal && operator !== '!==' && operator !== '!=') return false;
  for (const [one, other] of [
    [left, right],
    [right, left],
  ] as const) {
    const subject = bare(one);
    if (subject.type === 'UnaryExpression' && subject.operator === 'typeof') {
      if (!refersTo(subject.argument, written, source)) continue;
      const type = constantOf(other, source);
      return (
        equal === truth && (type === 'number' || type === 'boolean' || (type === 'string' && kinds.includes('type')))
      );
    }
    const value = constantOf(other, source);
    // `RE.exec(x) === null`, `basename(x) !== x`
    if (value === null && subject.type === 'CallExpression' && equal !== truth)
      return called(subject, true, written, kinds, source, 0);
    if (
      isNamed(namesOf(subject.type === 'CallExpression' ? subject.callee : subject, source), [
        'path.basename',
        'basename',
      ]) &&
      refersTo(other, written, source)
    )
      return equal === truth && kinds.includes('contained');
    if (!refersTo(subject, written, source)) continue;
    const special = typeof value === 'string' && /^(__proto__|prototype|constructor)$/.test(value);
    if (special) return equal !== truth && kinds.includes('own-key');
    if (value === null || value === '' || (other.type === 'Identifier' && other.name === 'undefined')) continue;
    if (isFixed(other, source) && equal === truth) return true;
  }
  return false;
}

/** A constant, an environment variable, a setting: what nobody outside can choose. */
function isFixed(node: Node, source: Source): boolean {
  const at = bare(node);
  if (constantOf(at, source) !== undefined) return true;
  if (at.type === 'MemberExpression') {
    const written = source.text(at);
    return (
      /^(process\.env|[A-Z]\w*)[.[]/.test(written) ||
      /^this\.\w*(origin|host|base|domain|url)\w*$/i.test(written) ||
      isFixed(at.object, source)
    );
  }
  if (at.type === 'NewExpression' || at.type === 'CallExpression')
    return at.arguments.length > 0 && at.arguments.every((one) => isFixed(one, source));
  const init = initialValue(at, source);
  return init !== undefined && isFixed(init, source);
}

function called(
  node: Node,
  truth: boolean,
  written: string,
  kinds: readonly GuardKind[],
  source: Source,
  depth: number,
): boolean {
  if (node.type !== 'CallExpression') return false;
  const callee = bare(node.callee);
  const [first, second] = node.arguments;
  if (callee.type === 'MemberExpression' && callee.property.type === 'Identifier') {
    const { name } = callee.property;
    if (first && ['includes', 'has', 'hasOwnProperty', 'hasOwn'].includes(name)) {
      const key = name === 'hasOwn' ? second : first;
      // `text.includes(x)` is no list.
      if (key && refersTo(key, written, source) && typeof constantOf(callee.object, source) !== 'string') return truth;
      const text = constantOf(first, source);
      if (name === 'includes' && refersTo(callee.object, written, source))
        return !truth && kinds.includes('contained') && (text === '..' || text === '/');
    }
    if (name === 'test' && first && refersTo(first, written, source))
      return matches(callee.object, truth, kinds, source);
    if (name === 'exec' && first && refersTo(first, written, source))
      return matches(callee.object, truth, kinds, source);
    if (name === 'match' && first && refersTo(callee.object, written, source))
      return matches(first, truth, kinds, source);
    if (name === 'startsWith' && first) return startsWith(callee.object, first, truth, written, kinds, source);
    if (name === 'some' && first && isFunction(first) && truth)
      return returned(first).some((one) => validates(one, true, written, kinds, source, depth + 1));
  }
  const mine = node.arguments.findIndex((one) => refersTo(one, written, source));
  if (mine < 0) return false;
  const name = namesOf(callee, source)[0]?.split('.').at(-1) ?? '';
  if (/isAbsolute/.test(name)) return false;
  const local = localFunction(callee, source);
  if (local) {
    const parameter = local.params[mine];
    if (parameter?.type !== 'Identifier') return false;
    return returned(local).every((one) => validates(one, truth, parameter.name, kinds, source, depth + 1));
  }
  return (
    truth &&
    /^(is|has|can|allow|valid|match|belongs|permit|inside|within)/i.test(name) &&
    !/^is(string|object|array|defined|empty|url|null|nil|undefined)$/i.test(name)
  );
}

/** The pattern must fix the whole text; for paths and keys one that has no dot or slash to offer is as good. */
function matches(pattern: Node, truth: boolean, kinds: readonly GuardKind[], source: Source): boolean {
  const expression = constantOf(pattern, source);
  if (!(expression instanceof RegExp)) return false;
  if (isAnchored(expression)) return truth;
  if (kinds.includes('contained') && /^(\\\.\\\.|\[\\?\/\\\\)/.test(expression.source)) return !truth;
  if (kinds.includes('origin') && /^\^https?:\\\/\\\/[^()|]*\\\//.test(expression.source)) return truth;
  return kinds.includes('own-key') && /__proto__/.test(expression.source) && !truth;
}

function startsWith(
  subject: Node,
  prefix: Node,
  truth: boolean,
  written: string,
  kinds: readonly GuardKind[],
  source: Source,
): boolean {
  const value = constantOf(prefix, source);
  if (value === '..' || value === '../')
    return !truth && kinds.includes('contained') && relativeOf(subject, written, source);
  if (!refersTo(subject, written, source)) return false;
  if (value === '//' || value === '/\\') return !truth && kinds.includes('local');
  if (kinds.includes('origin') && typeof value === 'string' && /^https?:\/\/[^/]+\//.test(value)) return truth;
  if (kinds.includes('local') && typeof value === 'string' && /^\/[^/\\]/.test(value)) return truth;
  if (!kinds.includes('contained')) return false;
  return (
    truth &&
    ((/\bsep\b|['"`/]$/.test(source.text(prefix)) && /\/['"`]$|sep\b/.test(source.text(prefix))) ||
      /(sep|\/['"`])\)?$/.test(sourceOfInit(prefix, source)))
  );
}

/** `const inside = relative(base, file)`: checked in place of `file`. */
function relativeOf(subject: Node, written: string, source: Source): boolean {
  const init = bare(literalOf(subject, source) ?? subject);
  return (
    refersTo(subject, written, source) ||
    (init.type === 'CallExpression' &&
      isNamed(namesOf(init.callee, source), ['*relative', '*normalize']) &&
      init.arguments.some((one) => refersTo(one, written, source)))
  );
}

function sourceOfInit(node: Node, source: Source): string {
  const init = literalOf(node, source);
  return init ? source.text(init) : '';
}

/** The function of this file that a call goes to. */
export function localFunction(callee: Node, source: Source): FunctionNode | undefined {
  const at = bare(callee);
  if (at.type !== 'Identifier') return undefined;
  const [definition] = variableOf(at, source)?.defs ?? [];
  const declared = definition?.node as unknown as Node | undefined;
  if (definition?.type === 'FunctionName' && declared?.type === 'FunctionDeclaration') return declared as FunctionNode;
  const init = initialValue(at, source);
  const value = init && bare(init);
  return isFunction(value) ? value : undefined;
}

/** True for the value itself, a normal form of it, and the part of a URL that names the other side. */
function refersTo(node: Node, written: string, source: Source): boolean {
  const at = bare(node);
  if (source.text(at) === written) return true;
  if (at.type === 'MemberExpression' && at.property.type === 'Identifier' && !at.computed) {
    return (
      /^(origin|host|hostname)$/.test(at.property.name) &&
      (refersTo(at.object, written, source) || parses(at.object, written, source))
    );
  }
  if (at.type === 'CallExpression') {
    const callee = bare(at.callee);
    if (callee.type === 'MemberExpression' && callee.property.type === 'Identifier')
      return (
        /^(trim|toLowerCase|toUpperCase|toString|toLocaleLowerCase|normalize)$/.test(callee.property.name) &&
        refersTo(callee.object, written, source)
      );
    return (
      callee.type === 'Identifier' &&
      callee.name === 'String' &&
      at.arguments[0] !== undefined &&
      refersTo(at.arguments[0], written, source)
    );
  }
  if (at.type === 'Identifier') {
    const init = initialValue(at, source);
    const direct = init && bare(init);
    return direct?.type === 'CallExpression' || direct?.type === 'MemberExpression'
      ? refersTo(direct, written, source)
      : false;
  }
  return false;
}

/** `new URL(written)` kept in a variable or written in place. */
function parses(node: Node, written: string, source: Source): boolean {
  const at = bare(literalOf(node, source) ?? node);
  return (
    at.type === 'NewExpression' &&
    isNamed(namesOf(at.callee, source), ['URL', 'url.URL']) &&
    at.arguments[0] !== undefined &&
    refersTo(at.arguments[0], written, source)
  );
}

/** True where both nodes stand in one function. */
export function together(one: Node, other: Node): boolean {
  return functionAround(one) === functionAround(other);
}
