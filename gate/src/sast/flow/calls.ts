/** Through a call: what its result is made of, by what the function is known to do or by its body in this file. */
import { localTarget } from '../calls.ts';
import { elements } from '../declared-types.ts';
import { isNamed, namesOf } from '../names.ts';
import {
  bare,
  everyNode,
  type FunctionNode,
  isFunction,
  type Node,
  parameterName,
  propertyName,
  returned,
  variableOf,
} from '../syntax.ts';
import { handsOn, harmless, lookUps, requestParts } from './known.ts';
import { type At, type Bound, type Walk, whole } from './question.ts';
import { isRequest } from './requests.ts';
import { cleans, patternIsAnchored } from './texts.ts';

type Call = Extract<Node, { type: 'CallExpression' }>;

/** Methods whose result is a part of their object, or the object itself. */
const partsOf = /^(get|find|at|slice|filter|values|entries|pop|shift|toString|trim|sort)$/;

export function throughCall(walk: Walk, node: Call, at: At): Node | undefined {
  const { source } = walk;
  const { from, safe, via, modules } = walk.question;
  const names = namesOf(node.callee, source);
  const callee = bare(node.callee);
  const local = localTarget(callee, source);
  if (isNamed(names, safe)) return undefined;
  if (from === 'module' && isNamed(names, modules)) return node;
  if (isNamed(names, harmless) && !isNamed(names, via)) return undefined;
  if (isNamed(names, ['Object.keys']) && from === 'secret') return undefined;
  if (isNamed(names, ['JSON.parse']) && from === 'object')
    return node.arguments[0] && walk.asking('request', node.arguments[0]);
  if (local) return throughBody(walk, local, node, at);
  if (callee.type === 'MemberExpression') return throughMethod(walk, node, callee, names, at);
  return isNamed(names, [...handsOn, ...via]) ? handedOn(walk, node, names, at) : undefined;
}

function throughMethod(
  walk: Walk,
  node: Call,
  callee: Extract<Node, { type: 'MemberExpression' }>,
  names: string[],
  at: At,
): Node | undefined {
  const { source } = walk;
  const { from, via, stored } = walk.question;
  const name = propertyName(callee) ?? '';
  if (isNamed(names, [...handsOn, ...via])) {
    const found = handedOn(walk, node, names, at);
    if (found) return found;
  }
  if ((name === 'exec' || name === 'match') && patternIsAnchored(callee, node, name, source)) return undefined;
  if (name === 'replace' || name === 'replaceAll') {
    if (cleans(node, source)) return undefined;
    const found = walk.any(node.arguments.slice(1), whole(at));
    if (found) return found;
  }
  if (name === 'map' || name === 'flatMap') {
    const [callback] = node.arguments;
    if (callback && isFunction(callback))
      return walk.any(returned(callback), { ...at, path: at.path.filter((one) => one !== elements) });
  }
  if (name === 'join' || name === 'concat' || name === 'reduce') {
    const parts = [callee.object, ...node.arguments.filter((one) => !isFunction(one))];
    const found = walk.composing(() => walk.any(parts, whole(at)));
    if (found) return found;
  }
  if (from !== 'secret' && from !== 'module' && requestParts.test(name) && isRequest(callee.object, source))
    return from === 'object' ? undefined : node;
  if (stored && lookUps.test(name) && callee.object.type !== 'Identifier') return node;
  // `clean(x).y()`: a method's result is made of its object.
  return walk.reach(callee.object, partsOf.test(name) ? at : whole(at));
}

function handedOn(walk: Walk, node: Call, names: string[], at: At): Node | undefined {
  const find = () => walk.any(node.arguments, whole(at));
  // `join(root, name)` makes a longer path.
  return node.arguments.length > 1 && isNamed(names, ['*join', '*resolve', '*format']) ? walk.composing(find) : find();
}

/** A function or method of this file: what it returns, with its parameters standing for the arguments. */
function throughBody(walk: Walk, of: FunctionNode, call: Call, at: At): Node | undefined {
  const { source } = walk;
  const bound: Bound = new Map();
  of.params.forEach((parameter, i) => {
    for (const one of everyNode(parameterName(parameter))) {
      if (one.type !== 'Identifier') continue;
      const variable = source.scopeOf(of.body ?? of).set.get(one.name) ?? variableOf(one, source);
      const argument = call.arguments[i];
      if (variable?.defs[0]?.type === 'Parameter')
        bound.set(variable, (path) => (argument ? walk.reach(argument, { ...at, path }) : undefined));
    }
  });
  return walk.any(returned(of), { ...at, bound });
}
