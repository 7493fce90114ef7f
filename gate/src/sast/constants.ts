/** Values that are known without running anything: literals, constants, and what is put together of them. */
import type { Node, Source } from './syntax.ts';
import { bare, classAround, propertyName, propertyOf, variableOf } from './syntax.ts';

export type Constant = string | number | boolean | null | RegExp;

/** The one value that an expression always has, or undefined. */
export function constantOf(node: Node, source: Source, depth = 0): Constant | undefined {
  if (depth > 8) return undefined;
  const at = bare(node);
  switch (at.type) {
    case 'Literal':
      return 'regex' in at ? expressionOf(at.regex) : typeof at.value === 'bigint' ? Number(at.value) : at.value;
    case 'TemplateLiteral': {
      const parts = at.expressions.map((one) => constantOf(one, source, depth + 1));
      if (parts.some((one) => one === undefined)) return undefined;
      return at.quasis.map(({ value }, i) => value.cooked + (i < parts.length ? String(parts[i]) : '')).join('');
    }
    case 'UnaryExpression': {
      const value = constantOf(at.argument, source, depth + 1);
      if (at.operator === '-' && typeof value === 'number') return -value;
      return at.operator === '!' && value !== undefined ? !value : undefined;
    }
    case 'BinaryExpression': {
      if (at.left.type === 'PrivateIdentifier') return undefined;
      const left = constantOf(at.left, source, depth + 1);
      const right = constantOf(at.right, source, depth + 1);
      if (left === undefined || right === undefined) return undefined;
      if (at.operator === '+')
        return typeof left === 'number' && typeof right === 'number' ? left + right : `${String(left)}${String(right)}`;
      if (typeof left !== 'number' || typeof right !== 'number') return undefined;
      return { '*': left * right, '**': left ** right, '-': left - right, '/': left / right, '<<': left << right }[
        at.operator as string
      ];
    }
    case 'Identifier':
      return declared(at, source, depth);
    case 'MemberExpression': {
      const name = propertyName(at);
      if (name === undefined) return undefined;
      if (at.object.type === 'ThisExpression') return field(at, name, source, depth);
      const object = literalOf(at.object, source);
      const value = object?.type === 'ObjectExpression' ? propertyOf(object, name) : undefined;
      return value && constantOf(value, source, depth + 1);
    }
    default:
      return undefined;
  }
}

/** Follows constants to the expression that they were declared with. */
export function literalOf(node: Node, source: Source, depth = 0): Node | undefined {
  const at = bare(node);
  if (depth > 8) return at;
  if (at.type === 'MemberExpression' && at.object.type === 'ThisExpression') {
    const value = fieldValue(at, propertyName(at));
    return value ? literalOf(value, source, depth + 1) : at;
  }
  if (at.type !== 'Identifier') return at;
  const init = initialValue(at, source);
  return init ? literalOf(init, source, depth + 1) : at;
}

/** What a variable that is never written again was declared with. */
export function initialValue(node: Node, source: Source): Node | undefined {
  if (node.type !== 'Identifier') return undefined;
  const variable = variableOf(node, source);
  const [definition] = variable?.defs ?? [];
  const declarator = definition?.node as unknown as Node | undefined;
  if (definition?.type !== 'Variable' || declarator?.type !== 'VariableDeclarator') return undefined;
  if (declarator.id.type !== 'Identifier' || !declarator.init) return undefined;
  return variable!.references.some((one) => one.isWrite() && !one.init) ? undefined : declarator.init;
}

function declared(node: Node, source: Source, depth: number): Constant | undefined {
  const init = initialValue(node, source);
  return init && constantOf(init, source, depth + 1);
}

function field(node: Node, name: string, source: Source, depth: number): Constant | undefined {
  const value = fieldValue(node, name);
  return value && constantOf(value, source, depth + 1);
}

/** What a property of the class around begins with. */
export function fieldValue(node: Node, name: string | undefined): Node | undefined {
  const member = classAround(node)?.body.body.find(
    (one) => one.type === 'PropertyDefinition' && name !== undefined && propertyName(one) === name,
  );
  return member?.type === 'PropertyDefinition' ? (member.value ?? undefined) : undefined;
}

function expressionOf({ pattern, flags }: { pattern: string; flags: string }): RegExp | undefined {
  try {
    return new RegExp(pattern, flags);
  } catch {
    return undefined;
  }
}

/** Whether a regular expression constrains the whole text, from the first character to the last. */
export function isAnchored({ source, flags }: RegExp): boolean {
  return (
    source.startsWith('^') &&
    source.endsWith('$') &&
    !source.endsWith('\\$') &&
    !flags.includes('m') &&
    !/(^|[^\\])\.[*+]/.test(source)
  );
}
