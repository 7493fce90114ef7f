/** look: reflected-origin. CORS that lets any site read answers with the visitor's cookies. */
import { constantOf, literalOf } from '../constants.ts';
import { Flow } from '../flow.ts';
import type { FunctionNode, Node, Source } from '../syntax.ts';
import { bare, everyNode, isFunction, propertyName, propertyOf, returned } from '../syntax.ts';
import { alternatives, callsNamed, type File, placeOf, type Report } from './check.ts';

export function reflectedOrigin(file: File, report: Report): void {
  const { source } = file;
  for (const object of file.objects) {
    const credentials = propertyOf(object, 'credentials');
    if (!credentials || constantOf(credentials, source) !== true) continue;
    const origin = object.properties.find((one) => one.type === 'Property' && propertyName(one) === 'origin');
    if (origin?.type !== 'Property') continue;
    const place = alternatives(origin.value)
      .map((one) => admitsAnyone(one, source))
      .find((one) => one !== undefined);
    if (place) report(place === origin.value || !isFunction(bare(origin.value)) ? origin : place);
  }
  for (const call of callsNamed(file, ['*.setHeader', '*.header', '*.set', '*.append'])) {
    const [name, value] = call.arguments as (Node | undefined)[];
    if (!name || !value || !/^access-control-allow-origin$/i.test(String(constantOf(name, source)))) continue;
    const question = {
      from: 'request',
      modules: [],
      safe: [],
      via: [],
      guards: ['origin'],
      fixedPrefix: false,
      stored: false,
    } as const;
    if (new Flow(source, { ...question, modules: [], safe: [], via: [], guards: ['origin'] }, call).origin(value))
      report(placeOf(call));
  }
}

/** The node that lets everyone in, if the value of `origin` does. */
function admitsAnyone(given: Node, source: Source): Node | undefined {
  const node = bare(literalOf(given, source) ?? given);
  if (node.type === 'ArrayExpression')
    return node.elements.some((one) => one !== null && admitsAnyone(one, source)) ? given : undefined;
  const value = constantOf(node, source);
  if (value === true || value === '*') return given;
  if (value instanceof RegExp) return isLoose(value) ? given : undefined;
  return isFunction(node) ? callback(node, source) : undefined;
}

/** `/example\.com$/` also ends `evilexample.com`; `.` unescaped stands for anything. */
function isLoose({ source }: RegExp): boolean {
  const host = source.replaceAll('\\/', '/');
  if (!host.startsWith('^') || !host.endsWith('$'))
    return !/^\^?https?:\/\/[^|]*\$$|^\(?\^/.test(host) || !host.endsWith('$');
  return (
    /(^|[^\\\]])\.[*+]/.test(host) || /[a-z]\.(com|org|net|io|dev|app|[a-z]{2})\b/.test(host.replaceAll('\\.', '_'))
  );
}

/** `(origin, done) => done(null, X)`, or a function that returns its answer. */
function callback(of: FunctionNode, source: Source): Node | undefined {
  const [origin, done] = of.params;
  const answers =
    done?.type === 'Identifier'
      ? everyNode(of).flatMap((one) =>
          one.type === 'CallExpression' &&
          one.callee.type === 'Identifier' &&
          one.callee.name === done.name &&
          one.arguments[1]
            ? [{ answer: one.arguments[1] as Node, at: one as Node }]
            : [],
        )
      : returned(of).map((answer) => ({ answer, at: answer }));
  const name = origin?.type === 'Identifier' ? origin.name : undefined;
  return answers.find(({ answer, at }) => accepts(answer, name, source) && !isChosen(at, of, name, source))?.at;
}

/** Answers yes to all, gives the origin back, or asks something that many origins satisfy. */
function accepts(answer: Node, origin: string | undefined, source: Source): boolean {
  const at = bare(answer);
  const value = constantOf(at, source);
  if (value === true || value === '*') return true;
  if (at.type === 'Identifier' && at.name === origin) return true;
  return alternativesOf(at).some((one) => isWeakTest(one, origin, source));
}

function alternativesOf(node: Node): Node[] {
  const at = bare(node);
  return at.type === 'LogicalExpression' ? [at.left, at.right].flatMap(alternativesOf) : [at];
}

function isWeakTest(node: Node, origin: string | undefined, source: Source): boolean {
  if (node.type !== 'CallExpression' || origin === undefined) return false;
  const callee = bare(node.callee);
  if (callee.type !== 'MemberExpression') return false;
  const name = propertyName(callee) ?? '';
  const object = bare(callee.object);
  const subject = source.text(object);
  const first = node.arguments[0];
  if (new RegExp(`^${origin}\\??!?$`).test(subject)) {
    const text = first && constantOf(first, source);
    if (name === 'endsWith') return !(typeof text === 'string' && /^(\.|https?:\/\/)/.test(text));
    if (name === 'startsWith') return true;
    return name === 'includes' || name === 'indexOf' || (name === 'match' && text instanceof RegExp && isLoose(text));
  }
  if (name === 'test' && first && source.text(first) === origin) {
    const expression = constantOf(object, source);
    return expression instanceof RegExp && isLoose(expression);
  }
  return (
    name === 'some' &&
    first !== undefined &&
    isFunction(first) &&
    returned(first).some((one) => everyNode(one).some((each) => isWeakTest(each, origin, source)))
  );
}

/** An `if` around or before the answer that asks about the origin: the answer is not for everyone. */
function isChosen(at: Node, of: Node, origin: string | undefined, source: Source): boolean {
  if (origin === undefined) return false;
  for (let parent = at.parent, child = at; parent && parent !== of.parent; child = parent, parent = parent.parent) {
    const tests: Node[] =
      parent.type === 'IfStatement' || parent.type === 'ConditionalExpression'
        ? [parent.test]
        : parent.type === 'BlockStatement'
          ? parent.body
              .slice(0, Math.max(0, parent.body.indexOf(child as never)))
              .flatMap((one) => (one.type === 'IfStatement' ? [one.test] : []))
          : [];
    for (const test of tests) {
      const asks = everyNode(test).filter((one) => one.type === 'CallExpression');
      if (asks.some((one) => new RegExp(`\\b${origin}\\b`).test(source.text(one)) && !isWeakTest(one, origin, source)))
        return true;
      if (asks.length === 0 && /===/.test(source.text(test)) && new RegExp(`\\b${origin}\\b`).test(source.text(test)))
        return true;
    }
  }
  return false;
}
