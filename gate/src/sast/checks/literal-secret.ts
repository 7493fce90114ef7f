/** look: literal-secret. A password, token or key written into the source. */
import { constantOf, literalOf } from '../constants.ts';
import { isSecretName } from '../secret-names.ts';
import type { Node, Source } from '../syntax.ts';
import { bare, decoratorName, propertyName } from '../syntax.ts';
import { alternatives, callsNamed, type File, type Report } from './check.ts';

/** Keys of one's own making: `mapKey`, `signingKey`, `SALT_KEY`. */
const key =
  /(^|_|[a-z])(access|private|secret|signing|encryption|master|map|maps|service|license|licence|hmac|aes|jwt|shared|webhook|auth|session|cookie|crypto|cipher)_?(key|KEY|Key)$|(Salt|Pepper|_SALT|_PEPPER)$|^(pepper|salt)$/i;
/** Any other key is one only by its looks. */
const otherKey = /(Key|_key|_KEY)$/;
const random = /^(?=(?:.*\d){4})(?=.*[a-zA-Z])[\w+/=-]{16,}$/;
/** Where a key or secret is what the argument is for. */
const keyArguments: { call: string[]; argument: number }[] = [
  { call: ['crypto.createHmac', '*.createHmac', 'crypto.createCipheriv', '*.createCipheriv'], argument: 1 },
  { call: ['crypto.scrypt', 'crypto.scryptSync', 'crypto.pbkdf2', 'crypto.pbkdf2Sync'], argument: 0 },
  { call: ['jsonwebtoken.sign', 'jsonwebtoken.verify', 'jwt.sign', 'jwt.verify'], argument: 1 },
  { call: ['cookie-parser', 'cookieParser'], argument: 0 },
];
/** Tokens that can be told by their looks alone. */
const known =
  /^(AKIA|ASIA)[A-Z0-9]{16}$|^(sk|rk|pk)_live_\w{8,}|^gh[pousr]_\w{20,}|^xox[abprs]-[\w-]{10,}|^AIza[\w-]{30,}|^glpat-[\w-]{16,}|-----BEGIN [A-Z ]*PRIVATE KEY-----|^eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}$|^SG\.[\w-]{16,}\.[\w-]{16,}/;
const withPassword = /^[a-z][a-z+]*:\/\/[^\s:/@$]+:([^\s:/@$]{3,})@[^\s/]+/i;
const placeholder =
  /^(change_?-?me|your|example|dummy|placeholder|xxx|\*+|<.*>|\$\{|test$|none$|null$|undefined$|redacted|\[redacted\]|secret$|password$|token$|postgres$|admin$|root$)/i;

export function literalSecret(file: File, report: Report): void {
  const { source, nodes } = file;
  for (const node of nodes) {
    if (
      node.type === 'Literal' &&
      typeof node.value === 'string' &&
      (known.test(node.value) || isUrlWithPassword(node.value))
    )
      report(node);
    for (const { name, value } of named(node)) {
      const direct = isSecretName(name);
      if (isInDocumentation(node) || (!direct && !key.test(name) && !otherKey.test(name))) continue;
      for (const each of alternatives(value)) {
        const text = literalText(each);
        if (text === undefined || !looksSecret(text, name, direct)) continue;
        if (!direct && !key.test(name) && (!random.test(text) || /^[a-z]+([-_][a-z]+)*[-_]?\d*$/i.test(text))) continue;
        // A setting that is read, with something to fall back on: the fallback is the secret.
        report(each);
      }
    }
  }
  for (const { call, argument } of keyArguments) {
    for (const { arguments: given } of callsNamed(file, call)) {
      const value = given[argument];
      for (const each of value ? alternatives(value) : []) {
        const literal = bare(literalOf(each, source) ?? each);
        const inner =
          literal.type === 'CallExpression' && source.text(literal.callee) === 'Buffer.from' && literal.arguments[0]
            ? bare(literalOf(literal.arguments[0], source) ?? literal.arguments[0])
            : literal;
        const text = constantOf(inner, source);
        if (typeof text === 'string' && text.length >= 6 && !/^\s*$/.test(text) && !/^[A-Z][A-Z0-9_]+$/.test(text))
          report(inner);
      }
    }
  }
}

/** The example in a decorator of the OpenAPI document. */
function isInDocumentation(node: Node): boolean {
  for (let at = node.parent; at; at = at.parent) if (at.type === 'Decorator') return /^Api/.test(decoratorName(at));
  return false;
}

function isUrlWithPassword(text: string): boolean {
  const password = withPassword.exec(text)?.[1];
  return (
    password !== undefined &&
    !/@(localhost|127\.0\.0\.1|\[::1\]|(host|db|postgres)[:/])/.test(text) &&
    !placeholder.test(password)
  );
}

function named(node: Node): { name: string; value: Node }[] {
  switch (node.type) {
    case 'VariableDeclarator':
      return node.id.type === 'Identifier' && node.init ? [{ name: node.id.name, value: node.init }] : [];
    case 'Property':
    case 'PropertyDefinition': {
      const name = propertyName(node);
      return name !== undefined && node.value ? [{ name: name.replaceAll('-', '_'), value: node.value }] : [];
    }
    case 'AssignmentExpression': {
      const name =
        node.left.type === 'MemberExpression'
          ? propertyName(node.left)
          : node.left.type === 'Identifier'
            ? node.left.name
            : undefined;
      return name === undefined ? [] : [{ name, value: node.right }];
    }
    case 'AssignmentPattern':
      return node.left.type === 'Identifier' ? [{ name: node.left.name, value: node.right }] : [];
    default:
      return [];
  }
}

function literalText(node: Node): string | undefined {
  const at = bare(node);
  if (at.type === 'Literal' && typeof at.value === 'string') return at.value;
  if (at.type === 'CallExpression' && at.callee.type === 'MemberExpression' && propertyName(at.callee) === 'from')
    return at.arguments[0] && literalText(at.arguments[0]);
  return at.type === 'TemplateLiteral' && at.expressions.length === 0
    ? (at.quasis[0]?.value.cooked ?? undefined)
    : undefined;
}

/** Not a name of something, not a sentence, not a word: text that someone or something made up to be hard to guess. */
function looksSecret(text: string, name: string, direct: boolean): boolean {
  if (text.length < (direct ? 6 : 12) || /\s/.test(text) || placeholder.test(text)) return false;
  if (/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(text)) return false;
  if (/^(https?:|\/|\.|#|data:|[a-z]+:[a-z])/.test(text)) return false;
  // Injection tokens and field names: `reset_token`, `x-api-key`, `app.secret`, `AuthToken`.
  if (
    /^[A-Za-z]+([-_.:][A-Za-z]+)*$/.test(text) &&
    !(
      direct &&
      /password|passwd|pwd|passphrase/i.test(name) &&
      /[A-Z]/.test(text) &&
      /[a-z]/.test(text) &&
      !/^[A-Z]?[a-z]+([A-Z][a-z]+)*$/.test(text)
    )
  )
    return false;
  if (text.replaceAll(/[-_.]/g, '').toLowerCase() === name.replaceAll('_', '').toLowerCase()) return false;
  return /[0-9!@#$%^&*+=~]/.test(text);
}
