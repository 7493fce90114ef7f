/** look: predictable-secret. Math.random where nobody may guess the outcome. */
import { isSecretName } from '../secret-names.ts';
import type { Node, Source } from '../syntax.ts';
import { bare, isFunction, propertyName } from '../syntax.ts';
import { callsNamed, type File, placeOf, type Report } from './check.ts';

const unguessable =
  /(token|secret|password|passwd|passphrase|session_?(id|key)?|nonce|salt|otp|one_?time|pin|api_?key|access_?key|(invite|invitation|reset|verif\w*|confirm\w*|recovery|backup|voucher|coupon|gift|login|auth|access|activation|claim|pairing|share|mfa|two_?factor|security|referral|redeem\w*)_?(code|key|link|id)s?|csrf|credential|private|signing_?key|encryption_?key|cookie|ticket|magic)/i;
const harmless =
  /(jitter|delay|backoff|sample|sampling|color|colour|position|index|shuffle|weight|rate|client_?id|request_?id|trace_?id|correlation|banner|animation|offset|timeout|retry|token_?count|bucket)/i;
/** Names that say nothing: ask what they become part of. */
const empty =
  /^(.{1,3}|result|value|output|text|chars?|string|str|code|bytes|digits?|letters?|parts?|random\w*|suffix|prefix|stamp|generated|buffer|characters)$/i;

export function predictableSecret(file: File, report: Report): void {
  for (const call of callsNamed(file, ['Math.random'])) {
    if (isForSecret(call, file.source)) report(placeOf(call));
  }
  for (const call of callsNamed(file, ['crypto.pseudoRandomBytes', '*.pseudoRandomBytes'])) report(placeOf(call));
}

/** The nearest name around that says something decides. */
function isForSecret(node: Node, source: Source): boolean {
  for (let child: Node = node, at = node.parent; at; child = at, at = at.parent) {
    const name = nameAt(at, child, source);
    if (name === undefined || empty.test(name)) continue;
    if (harmless.test(name)) return false;
    if (unguessable.test(name) || isSecretName(name)) return true;
    if (
      at.type === 'VariableDeclarator' ||
      at.type === 'Property' ||
      at.type === 'MethodDefinition' ||
      at.type === 'FunctionDeclaration'
    )
      return false;
  }
  return false;
}

function nameAt(at: Node, child: Node, source: Source): string | undefined {
  switch (at.type) {
    case 'VariableDeclarator':
      if (at.init !== child || (isFunction(bare(at.init)) && at.id.type !== 'Identifier')) return undefined;
      return at.id.type === 'Identifier' ? at.id.name : undefined;
    case 'AssignmentExpression':
      return at.left.type === 'MemberExpression' ? propertyName(at.left) : source.text(at.left);
    case 'Property':
    case 'PropertyDefinition':
    case 'MethodDefinition':
      return propertyName(at);
    case 'FunctionDeclaration':
    case 'FunctionExpression':
      return at.id?.name;
    case 'CallExpression': {
      // `this.cache.set('token', …)`: the callee says what it is for.
      const callee = bare(at.callee);
      return at.arguments.includes(child as never) &&
        callee.type === 'MemberExpression' &&
        callee.object.type === 'MemberExpression'
        ? unguessable.test(propertyName(callee.object) ?? '')
          ? propertyName(callee.object)
          : undefined
        : undefined;
    }
    default:
      return undefined;
  }
}
