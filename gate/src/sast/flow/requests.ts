/** Whether a value is a request, and whether a function is where requests arrive. */
import { isNamed, namesOf, typeNames } from '../names.ts';
import { bare, classAround, decorators, type FunctionNode, type Node, propertyName, type Source } from '../syntax.ts';
import { requests } from './known.ts';

export function isRequest(given: Node, source: Source): boolean {
  const node = bare(given);
  // `const req = http.request(…)` is one of our own.
  if (node.type === 'Identifier' && /^(req|request|ctx)$/i.test(node.name))
    return !isNamed(namesOf(node, source), ['http*.request()', 'http*.get()']);
  if (isNamed([...typeNames(node, source), ...namesOf(node, source)], requests)) return true;
  return node.type === 'MemberExpression' && propertyName(node) === 'req';
}

/** A class that Nest makes, or a file that has to do with requests: a command line's own functions are nobody's way in. */
export function facesOutside(of: FunctionNode, source: Source): boolean {
  const around = classAround(of);
  if (around && decorators(around).length > 0) return true;
  return source.root.body.some(
    (one) => one.type === 'ImportDeclaration' && /^(@nestjs\/|express$|fastify|@fastify\/|koa)/.test(one.source.value),
  );
}
