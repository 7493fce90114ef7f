/** look: cookie. A cookie that says who someone is, without HttpOnly or Secure. */
import { constantOf } from '../constants.ts';
import { isSecretName } from '../secret-names.ts';
import type { Node, Source } from '../syntax.ts';
import { bare, everyNode, propertyOf } from '../syntax.ts';
import { callsNamed, type File, objectOf, placeOf, type Report } from './check.ts';

const identifies =
  /(^|[-_.])(sess(ion)?|sid|auth|token|jwt|login|remember|refresh|access|identity|account|user|impersonat\w*|connect\.sid|id)([-_.]|$)|session|token|auth/i;
/** Double-submit values and preferences are for scripts to read. */
const readable = /csrf|xsrf|theme|locale|lang|consent|banner|currency|tz|timezone|variant|experiment|seen|dismissed/i;

export function cookie(file: File, report: Report): void {
  const { source } = file;
  for (const call of callsNamed(file, ['*.cookie', '*.setCookie', '*.cookies.set'])) {
    const [name, value, options] = call.arguments as (Node | undefined)[];
    if (!name || !value) continue;
    const called = constantOf(name, source);
    if (typeof called === 'string' && readable.test(called)) continue;
    const telling =
      (typeof called === 'string' && identifies.test(called)) ||
      everyNode(value).some(
        (one) => one.type === 'Identifier' && (isSecretName(one.name) || /session/i.test(one.name)),
      );
    if (!telling) continue;
    const object = options && objectOf(options, source);
    if (options && !object) continue;
    if (isWeak(object, source, true)) report(optionPlace(object, source) ?? placeOf(call));
  }
  for (const call of callsNamed(file, [
    'express-session',
    'session',
    '*.register',
    'cookie-session',
    'cookieSession',
    '@fastify/session',
  ])) {
    for (const one of call.arguments) {
      const object = objectOf(one, source);
      const nested = object && propertyOf(object, 'cookie');
      const options = nested && objectOf(nested, source);
      if (options && isWeak(options, source, false)) report(options);
    }
  }
  for (const call of callsNamed(file, ['*.header', '*.setHeader', '*.append', '*.set', '*.appendHeader'])) {
    const [name, value] = call.arguments as (Node | undefined)[];
    if (!name || !value || !/^set-cookie$/i.test(String(constantOf(name, source)))) continue;
    const texts = bare(value).type === 'ArrayExpression' ? everyNode(value).slice(1) : [bare(value)];
    for (const text of texts) if (isBareHeader(text, source)) report(text);
  }
}

/** `defaultsSafe`: express-session is HttpOnly unless told otherwise, a cookie of one's own is not. */
function isWeak(options: Parameters<typeof propertyOf>[0] | undefined, source: Source, own: boolean): boolean {
  const is = (name: string): boolean | undefined => {
    const value = options && propertyOf(options, name);
    if (!value) return undefined;
    const constant = constantOf(value, source);
    return constant === undefined || constant === 'auto' ? true : Boolean(constant);
  };
  // What is spread in may set either.
  if (options?.properties.some((one) => one.type === 'SpreadElement'))
    return is('secure') === false || is('httpOnly') === false;
  const gone = options && (propertyOf(options, 'maxAge') ?? propertyOf(options, 'expires'));
  if (gone && constantOf(gone, source) === 0) return false;
  return own ? is('secure') !== true || is('httpOnly') !== true : is('secure') === false || is('httpOnly') === false;
}

function optionPlace(options: Parameters<typeof propertyOf>[0] | undefined, source: Source): Node | undefined {
  const bad = options?.properties.find(
    (one) =>
      one.type === 'Property' &&
      /secure|httpOnly/.test(source.text(one.key)) &&
      constantOf(one.value, source) === false,
  );
  return bad;
}

function isBareHeader(node: Node, source: Source): boolean {
  if (node.type !== 'TemplateLiteral' && node.type !== 'Literal' && node.type !== 'BinaryExpression') return false;
  const text = source.text(node);
  const name = /^['"`]?([\w.-]+)=/.exec(text)?.[1] ?? '';
  if (readable.test(name)) return false;
  return !/httponly/i.test(text) || !/secure/i.test(text.replace(name, ''));
}
