/** look: comparison. A secret compared by an operator or method that stops at the first difference. */
import { constantOf, initialValue } from '../constants.ts';
import { isNamed, namesOf } from '../names.ts';
import { isSecretName } from '../secret-names.ts';
import type { Node, Source } from '../syntax.ts';
import { bare, functionAround, propertyName, variableOf } from '../syntax.ts';
import type { File, Report } from './check.ts';

/** Names that mean a secret in a comparison, besides those that always do. */
const compared =
  /(signature|hmac|mac|sig|checksum_?secret|verification_?code|reset_?code|backup_?code|recovery_?code|login_?code|access_?code|one_?time_?code|invite_?code|csrf|nonce|session_?key|shared_?key|webhook_?key|x-[a-z-]*(key|token|secret|signature))$/i;
const repeated = /(confirm|repeat|again|retype|verify)/i;

export function comparison({ source, nodes, calls }: File, report: Report): void {
  for (const node of nodes) {
    if (node.type !== 'BinaryExpression' || !/^[!=]==?$/.test(node.operator) || node.left.type === 'PrivateIdentifier')
      continue;
    if (isTelling(node.left, node.right, source)) report(node);
  }
  for (const { node } of calls) {
    const callee = bare(node.callee);
    if (callee.type !== 'MemberExpression' || !node.arguments[0]) continue;
    const name = propertyName(callee);
    const bufferCompare = name === 'compare' && callee.object.type === 'Identifier' && callee.object.name === 'Buffer';
    if (
      bufferCompare && node.arguments[1]
        ? isTelling(node.arguments[0], node.arguments[1], source)
        : (name === 'equals' || name === 'localeCompare') && isTelling(callee.object, node.arguments[0], source)
    )
      report(node);
  }
}

function isTelling(left: Node, right: Node, source: Source): boolean {
  const sides = [bare(left), bare(right)];
  if (sides.some((one) => isPublic(one, source))) return false;
  // `dto.password !== dto.passwordConfirmation`, `next === current`: one person gave both.
  if (sides.some((one) => repeated.test(lastWord(one)))) return false;
  const [first, second] = sides.map((one) => rootOf(one));
  if (
    first !== undefined &&
    first === second &&
    first !== 'this' &&
    first !== 'process' &&
    sides.every((one) => one.type === 'MemberExpression')
  )
    return false;
  if (
    sides.every((one) => isParameter(one, source)) &&
    sameFunction(sides, source) &&
    !sides.every((one) => isSecret(one, source))
  ) {
    return (
      sides.some((one) => isSecret(one, source)) &&
      /(verif|check|match|valid|equal|compare|authenticate|guard|is[A-Z])/i.test(functionName(left))
    );
  }
  return sides.some((one) => isSecret(one, source));
}

/** Literals, `undefined`, `typeof x`, lengths, constants of a class or enum: nothing that an attacker guesses bit by bit. */
function isPublic(node: Node, source: Source): boolean {
  if (constantOf(node, source) !== undefined) return true;
  if (
    node.type === 'Identifier' &&
    (node.name === 'undefined' ||
      (/^[A-Z][A-Z0-9_]+$/.test(node.name) && initialValue(node, source)?.type === 'Literal'))
  )
    return true;
  if (
    node.type === 'UnaryExpression' ||
    node.type === 'BinaryExpression' ||
    node.type === 'ObjectExpression' ||
    node.type === 'ThisExpression'
  )
    return true;
  if (node.type === 'MemberExpression') {
    const name = propertyName(node);
    if (name === 'length' || name === 'size' || name === 'type' || name === 'kind') return true;
    return node.object.type === 'Identifier' && /^[A-Z][a-z]/.test(node.object.name);
  }
  return (
    node.type === 'CallExpression' &&
    isNamed(namesOf(node.callee, source), ['Number', '*.indexOf', '*.byteLength', 'parseInt'])
  );
}

function isSecret(node: Node, source: Source, depth = 0): boolean {
  const at = bare(node);
  if (depth > 6) return false;
  const name = nameOf(at);
  if (name !== undefined && (isSecretName(name) || compared.test(name)) && !/(hash|digest)$/i.test(name)) return true;
  switch (at.type) {
    case 'Identifier': {
      const init = initialValue(at, source) ?? declaredIn(at, source);
      return init !== undefined && isSecret(init, source, depth + 1);
    }
    case 'LogicalExpression':
      return isSecret(at.left, source, depth + 1);
    case 'TemplateLiteral':
      return at.expressions.some((one) => isSecret(one, source, depth + 1));
    case 'CallExpression': {
      const names = namesOf(at.callee, source);
      if (isNamed(names, ['*createHmac()*.digest'])) return true;
      if (isNamed(names, ['Buffer.from', 'String', '*.createSecretKey']) && at.arguments[0])
        return isSecret(at.arguments[0], source, depth + 1);
      const callee = bare(at.callee);
      if (callee.type !== 'MemberExpression') return false;
      const method = propertyName(callee) ?? '';
      if (/^(get|getOrThrow|header)$/.test(method)) {
        const key = at.arguments[0] && constantOf(at.arguments[0], source);
        return typeof key === 'string' && (isSecretName(key.replaceAll(/[.-]/g, '_')) || compared.test(key));
      }
      return (
        /^(trim|toString|slice|replace|toLowerCase|toUpperCase|padEnd|padStart|substring)$/.test(method) &&
        isSecret(callee.object, source, depth + 1)
      );
    }
    default:
      return false;
  }
}

/** `const { token } = …` has no initial value of its own; the name says enough, so only renamed ones matter. */
function declaredIn(node: Node, source: Source): Node | undefined {
  if (node.type !== 'Identifier') return undefined;
  const declarator = variableOf(node, source)?.defs[0]?.node as unknown as Node | undefined;
  if (declarator?.type !== 'VariableDeclarator' || declarator.id.type !== 'ObjectPattern') return undefined;
  const property = declarator.id.properties.find(
    (one) => one.type === 'Property' && one.value.type === 'Identifier' && one.value.name === node.name,
  );
  return property?.type === 'Property' ? property.key : undefined;
}

function nameOf(node: Node): string | undefined {
  if (node.type === 'Identifier') return node.name;
  return node.type === 'MemberExpression' ? propertyName(node) : undefined;
}

function lastWord(node: Node): string {
  return nameOf(node) ?? '';
}

function rootOf(node: Node): string | undefined {
  const at = bare(node);
  if (at.type === 'MemberExpression') return rootOf(at.object);
  return at.type === 'Identifier' ? at.name : at.type === 'ThisExpression' ? 'this' : undefined;
}

function isParameter(node: Node, source: Source): boolean {
  return node.type === 'Identifier' && variableOf(node, source)?.defs[0]?.type === 'Parameter';
}

function sameFunction(sides: Node[], source: Source): boolean {
  const [one, other] = sides.map((side) =>
    side.type === 'Identifier' ? variableOf(side, source)?.defs[0]?.node : undefined,
  );
  return one === other;
}

function functionName(node: Node): string {
  const around = functionAround(node);
  if (!around) return '';
  if ('id' in around && around.id) return around.id.name;
  const parent = around.parent;
  return parent?.type === 'MethodDefinition'
    ? (propertyName(parent) ?? '')
    : parent?.type === 'VariableDeclarator' && parent.id.type === 'Identifier'
      ? parent.id.name
      : '';
}
