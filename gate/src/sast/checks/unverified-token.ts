/** look: unverified-token. The content of a JWT used although nobody checked its signature. */
import { constantOf } from '../constants.ts';
import { isNamed, namesOf } from '../names.ts';
import type { Node, Source } from '../syntax.ts';
import { bare, everyNode, functionAround, propertyName, variableOf } from '../syntax.ts';
import { callsNamed, type File, placeOf, type Report } from './check.ts';

const decoders = [
  'jsonwebtoken.decode',
  'jwt.decode',
  'JwtService.decode',
  '*.jwt.decode',
  '*.jwtService.decode',
  'jose.decodeJwt',
  'jwt-decode',
  'jwt-decode.jwtDecode',
  'jwtDecode',
  'decodeJwt',
  'jws.decode',
];

export function unverifiedToken(file: File, report: Report): void {
  const { source } = file;
  for (const call of callsNamed(file, decoders)) if (!isVerified(call, source)) report(placeOf(call));
  for (const call of callsNamed(file, ['JSON.parse'])) {
    const [text] = call.arguments;
    if (text && isSecondPart(text, source) && !isVerified(call, source)) report(placeOf(call));
  }
  for (const call of callsNamed(file, ['jsonwebtoken.verify', 'jwt.verify'])) {
    const key = call.arguments[1];
    const value = key && constantOf(key, source);
    if (value === '' || value === null) report(placeOf(call));
  }
}

/** The same function verifies a token, before or after; or only the header or the time is looked at. */
function isVerified(call: Node, source: Source): boolean {
  const around = functionAround(call);
  const nodes = around ? everyNode(around) : [];
  const verifies = nodes.some(
    (one) =>
      one.type === 'CallExpression' &&
      isNamed(namesOf(one.callee, source), ['*erify', '*erifyAsync', '*jwtVerify', '*erify*oken*', '*compactVerify']),
  );
  return verifies || onlyLooksAtHeader(call);
}

function onlyLooksAtHeader(call: Node): boolean {
  let at = call.parent;
  while (
    at &&
    (at.type === 'TSAsExpression' ||
      at.type === 'ChainExpression' ||
      at.type === 'TSNonNullExpression' ||
      at.type === 'AwaitExpression')
  )
    at = at.parent;
  return at?.type === 'MemberExpression' && /^(header|exp|iat|kid)$/.test(propertyName(at) ?? '');
}

/** `Buffer.from(token.split('.')[1], 'base64url')` */
function isSecondPart(node: Node, source: Source): boolean {
  const parts = everyNode(bare(node));
  const taken = parts.some((one) => {
    if (one.type !== 'Identifier') return false;
    const declarator = variableOf(one, source)?.defs[0]?.node as unknown as Node | undefined;
    return (
      declarator?.type === 'VariableDeclarator' &&
      declarator.id.type === 'ArrayPattern' &&
      declarator.init !== null &&
      /\.split\(['"]\.['"]\)$/.test(source.text(declarator.init))
    );
  });
  return taken || parts.some((one) => /\.split\(['"]\.['"]\)\s*!?\[1\]/.test(source.text(one)));
}
