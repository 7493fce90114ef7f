/** From a parameter to what comes in by it: the callers' arguments, a list's elements, or the outside itself. */
import type { Scope } from 'eslint';
import { callersOf } from '../calls.ts';
import { elements, shapeOf } from '../declared-types.ts';
import { isNamed, namesOf } from '../names.ts';
import { secretsIn } from '../secret-names.ts';
import {
  annotation,
  bare,
  decoratorName,
  decorators,
  everyNode,
  type FunctionNode,
  type Node,
  parameterName,
  propertyName,
  type Source,
  typeName,
} from '../syntax.ts';
import { fromOutside, harmlessPipe, listCallbacks, requestParts } from './known.ts';
import { pathInPattern, rest, written } from './paths.ts';
import type { At, Walk } from './question.ts';
import { facesOutside, isRequest } from './requests.ts';

export function throughParameter(
  walk: Walk,
  variable: Scope.Variable,
  definition: Scope.Definition,
  at: At,
): Node | undefined {
  const { source, question } = walk;
  const of = definition.node as unknown as FunctionNode;
  const index = of.params.findIndex((one) => everyNode(one).includes(definition.name as unknown as Node));
  const parameter = of.params[index];
  if (!parameter) return undefined;
  const name = definition.name as unknown as Node;
  const inner = [...pathInPattern(definition, variable.name).steps, ...at.path];
  const assigned = variable.references.flatMap((one) =>
    one.init ? [] : written(one.identifier as unknown as Node, at.path),
  );
  for (const [one, steps] of assigned) {
    const found = walk.reach(one, { ...at, path: steps });
    if (found) return found;
  }
  const call = of.parent;
  if ((call?.type === 'CallExpression' || call?.type === 'NewExpression') && call.arguments.includes(of as never))
    return throughCallback(walk, call, index, { ...at, path: inner });
  const callers = callersOf(of, source);
  if (question.from === 'secret' && callers.length === 0)
    return at.path.length === 0 && secretsIn(annotation(parameterName(parameter)), inner, source) ? name : undefined;
  // Called in this file: what the callers hand over is what comes in.
  for (const one of callers) {
    const given = one.arguments[index];
    const found = given && walk.reach(given, { path: inner, bound: new Map(), depth: at.depth });
    if (found) return found;
  }
  if (callers.length > 0 || question.from === 'module' || question.from === 'secret') return undefined;
  return comesFromOutside(walk, of, parameter, name, variable.name, inner) ? name : undefined;
}

/** `list.map((item) => …)`: the parameter is an element of the list. */
function throughCallback(
  walk: Walk,
  call: Extract<Node, { type: 'CallExpression' | 'NewExpression' }>,
  index: number,
  at: At,
): Node | undefined {
  const callee = bare(call.callee);
  const { from, modules } = walk.question;
  if (from === 'module' && isNamed(namesOf(callee, walk.source), modules)) return call;
  if (callee.type !== 'MemberExpression') return undefined;
  const name = propertyName(callee) ?? '';
  if (!listCallbacks.test(name)) return undefined;
  const first = name === 'reduce' ? 1 : 0;
  if (index !== first && !(from === 'module' && /^(on|once|forEach)$/.test(name))) return undefined;
  return walk.reach(callee.object, { ...at, path: [elements, ...at.path] });
}

/** Whether this part of a parameter that nobody in the file fills is what the question asks for. */
function comesFromOutside(
  { source, question, isComposing }: Walk,
  of: FunctionNode,
  parameter: FunctionNode['params'][number],
  name: Node,
  written: string,
  path: string[],
): boolean {
  const { from } = question;
  const marks = decorators(parameter);
  if (isRequest(name, source)) {
    const part = path[0];
    return (
      part !== undefined && requestParts.test(part) && (from !== 'object' || (part === 'body' && path.length === 1))
    );
  }
  const above = of.parent;
  if (above?.type === 'Property' || (above?.type === 'MethodDefinition' && above.kind === 'constructor')) return false;
  if (marks.length > 0 && !marks.some((one) => fromOutside.test(decoratorName(one)))) return false;
  if (marks.some((one) => everyNode(one).some((part) => part.type === 'Identifier' && harmlessPipe.test(part.name))))
    return false;
  if (marks.length === 0) {
    if (from === 'request' || (question.composed && !isComposing)) return false;
    if (!question.anywhere && !facesOutside(of, source)) return false;
    if (/^env(ironment)?$/i.test(written)) return false;
  }
  const type = annotation(parameterName(parameter));
  const shape = shapeOf(type, path, source);
  if (shape === 'harmless') return false;
  if (from === 'object') {
    if (shape !== 'open') return false;
    // Between the parts of a program, a type that someone narrowed on purpose is taken at its word.
    if (marks.length === 0 && /^(Omit|Pick)$/.test(typeName(type, source) ?? '')) return false;
    if (marks.some(isChecking)) return false;
    // One member of an untyped object may be anything, but is no longer the whole.
    if (path.length > 0 && !path.every((one) => one === rest) && !saysOpen(type, path, source)) return false;
  }
  return !(path.length === 0 && shape === 'class' && marks.length === 0);
}

/** `@Body(new ZodPipe(schema))`, `@Body({ schema })`: something checks the whole. */
function isChecking({ expression }: ReturnType<typeof decorators>[number]): boolean {
  return expression.type === 'CallExpression' && expression.arguments.some((one) => one.type !== 'Literal');
}

/** True where the written type itself says that this member is anything. */
function saysOpen(type: Parameters<typeof shapeOf>[0], path: string[], source: Source): boolean {
  return type !== undefined && type.type !== 'TSAnyKeyword' && shapeOf(type, path, source) === 'open';
}
