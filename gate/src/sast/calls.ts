/** Which function of the same file a call goes to, and from where a function of the file is called. */
import { localFunction } from './guards.ts';
import { typeOfProperty } from './names.ts';
import type { FunctionNode, Node, Source } from './syntax.ts';
import { bare, classAround, everyNode, propertyName } from './syntax.ts';

type Call = Extract<Node, { type: 'CallExpression' }>;

/** A function, a method of the same class, or a method of an injected class that the file declares. */
export function localTarget(callee: Node, source: Source): FunctionNode | undefined {
  const plain = localFunction(callee, source);
  if (plain) return plain;
  if (callee.type !== 'MemberExpression') return undefined;
  const name = propertyName(callee);
  const method = owner(callee.object, source)?.body.body.find(
    (one) => one.type === 'MethodDefinition' && propertyName(one) === name,
  );
  return method?.type === 'MethodDefinition' && method.value.body ? (method.value as FunctionNode) : undefined;
}

function owner(object: Node, source: Source): ReturnType<typeof classAround> {
  if (object.type === 'ThisExpression') return classAround(object);
  if (object.type !== 'MemberExpression' || object.object.type !== 'ThisExpression') return undefined;
  return source.classes.get(typeOfProperty(object, source) ?? '');
}

const known = new WeakMap<Node, Map<FunctionNode, Call[]>>();

/** The calls of a function in its file, those that it makes to itself left out. */
export function callersOf(of: FunctionNode, source: Source): Call[] {
  let all = known.get(source.root);
  if (!all) {
    all = new Map();
    known.set(source.root, all);
    for (const node of everyNode(source.root)) {
      if (node.type !== 'CallExpression') continue;
      const target = localTarget(bare(node.callee), source);
      if (target) all.set(target, [...(all.get(target) ?? []), node]);
    }
  }
  return (all.get(of) ?? []).filter((one) => !(one.range[0] >= of.range[0] && one.range[1] <= of.range[1]));
}
