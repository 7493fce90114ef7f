/** look: fast-hash. A password put through a hash that is made to be fast. */
import { constantOf, initialValue } from '../constants.ts';
import { isNamed, namesOf } from '../names.ts';
import type { Node, Source } from '../syntax.ts';
import { bare, everyNode, functionAround, propertyName } from '../syntax.ts';
import { callsNamed, type File, placeOf, type Report } from './check.ts';

const password =
  /(password|passwd|passphrase|passcode|pwd)$|^(pw|pin|pass)$|(Pin|Pass|Pw)$|^(plain|clear)_?(text)?_?(password|pass)?$/i;
const about = /(hash|digest|hashed|encrypted|reset|id|length|policy)$/i;

export function fastHash(file: File, report: Report): void {
  const { source } = file;
  for (const call of callsNamed(file, ['*.update'])) {
    const callee = bare(call.callee);
    if (callee.type !== 'MemberExpression') continue;
    const made = namesOf(callee.object, source);
    if (!isNamed(made, ['*createHash()*', '*createHmac()*', '*createHash'])) continue;
    if (call.arguments[0] && isPassword(call.arguments[0], source) && !isStep(call, source)) report(placeOf(call));
  }
  for (const call of callsNamed(file, [
    'crypto.hash',
    'md5',
    'sha1',
    'sha256',
    'sha512',
    'md5.*',
    'js-sha256.*',
    'crypto-js.MD5',
    'crypto-js.SHA1',
    'crypto-js.SHA256',
    'crypto-js.SHA512',
    'crypto-js.md5',
    'crypto-js.sha*',
    '*CryptoJS.MD5',
    '*CryptoJS.SHA*',
    'js-md5.*',
    'js-sha1.*',
    'ts-md5.*',
    '*Md5.hashStr',
  ])) {
    if (call.arguments.some((one) => isPassword(one, source)) && !isStep(call, source)) report(placeOf(call));
  }
}

/** Shortened before a slow hash, or looked up among leaked ones: not what is stored. */
function isStep(node: Node, source: Source): boolean {
  for (let at = node.parent; at; at = at.parent) {
    if (at.type === 'CallExpression' && isNamed(namesOf(at.callee, source), ['*bcrypt*', '*argon2*', '*scrypt*']))
      return true;
  }
  const around = functionAround(node);
  return around !== undefined && /pwned|breach|leaked|hibp/i.test(`${source.text(around)} ${namesAround(node)}`);
}

function isPassword(node: Node, source: Source, depth = 0): boolean {
  const at = bare(node);
  if (depth > 5) return false;
  const name = at.type === 'Identifier' ? at.name : at.type === 'MemberExpression' ? propertyName(at) : undefined;
  if (name !== undefined && !about.test(name)) {
    if (/^(plain|clear)(_?text)?$/i.test(name)) return /pass|pwd|pin|credential/i.test(namesAround(at));
    if (password.test(name) && constantOf(at, source) === undefined) return true;
  }
  switch (at.type) {
    case 'Identifier': {
      const init = initialValue(at, source);
      return init !== undefined && isPassword(init, source, depth + 1);
    }
    case 'TemplateLiteral':
      return at.expressions.some((one) => isPassword(one, source, depth + 1));
    case 'BinaryExpression':
      return at.operator === '+' && [at.left as Node, at.right].some((one) => isPassword(one, source, depth + 1));
    case 'LogicalExpression':
      return isPassword(at.left, source, depth + 1);
    case 'ArrayExpression':
      return at.elements.some((one) => one !== null && isPassword(one, source, depth + 1));
    case 'CallExpression': {
      const callee = bare(at.callee);
      const method = callee.type === 'MemberExpression' ? (propertyName(callee) ?? '') : '';
      if (
        /^(concat|join|normalize|trim|toString)$/.test(method) &&
        callee.type === 'MemberExpression' &&
        isPassword(callee.object, source, depth + 1)
      )
        return true;
      return (
        isNamed(namesOf(callee, source), ['Buffer.from', 'Buffer.concat', 'String', '*.concat', '*.encode']) &&
        at.arguments.some((one) => isPassword(one, source, depth + 1))
      );
    }
    default:
      return false;
  }
}

/** The names of the functions and classes around. */
function namesAround(node: Node): string {
  const names: string[] = [];
  for (let at = functionAround(node) as Node | undefined; at; at = at.parent) {
    const id = 'id' in at ? at.id : undefined;
    if (id && typeof id === 'object' && 'name' in id) names.push(String(id.name));
    if (at.type === 'MethodDefinition') names.push(propertyName(at) ?? '');
    if (at.type === 'MethodDefinition')
      names.push(...everyNode(at.key).flatMap((one) => (one.type === 'Identifier' ? [one.name] : [])));
  }
  return names.join(' ');
}
