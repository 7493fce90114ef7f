/** From a name or a field of the class to whatever is written into it in this file. */
import type { Scope } from 'eslint';
import { constantOf, fieldValue } from '../constants.ts';
import { elements } from '../declared-types.ts';
import { isNamed, namesOf } from '../names.ts';
import { isSecretName } from '../secret-names.ts';
import { classAround, everyNode, type Node, propertyName, variableOf } from '../syntax.ts';
import { throughParameter } from './parameters.ts';
import { pathInPattern, written } from './paths.ts';
import type { At, Walk } from './question.ts';
import { hasCallers, isWholeSecret } from './secrets.ts';

export function throughName(walk: Walk, node: Extract<Node, { type: 'Identifier' }>, at: At): Node | undefined {
  const { source } = walk;
  const { from, modules } = walk.question;
  const variable = variableOf(node, source);
  const [definition] = variable?.defs ?? [];
  if (!variable || !definition) return undefined;
  if (from === 'module' && definition.type === 'ImportBinding')
    return isNamed(namesOf(node, source), modules) ? node : undefined;
  if (from !== 'secret') {
    if (walk.isChecked(node)) return undefined;
  } else if (
    isSecretName(node.name) &&
    isWholeSecret(at.path) &&
    definition.type !== 'ImportBinding' &&
    constantOf(node, source) === undefined &&
    !hasCallers(walk, definition)
  ) {
    return node;
  }
  const substitute = at.bound.get(variable);
  if (substitute) return substitute([...pathInPattern(definition, node.name).steps, ...at.path]);
  switch (definition.type) {
    case 'Parameter':
      return throughParameter(walk, variable, definition, at);
    case 'Variable':
      return throughVariable(walk, variable, definition, at);
    default:
      return undefined;
  }
}

function throughVariable(walk: Walk, variable: Scope.Variable, definition: Scope.Definition, at: At): Node | undefined {
  const declarator = definition.node as unknown as Node;
  if (declarator.type !== 'VariableDeclarator') return undefined;
  const within = pathInPattern(definition, variable.name);
  const inner = [...within.steps, ...at.path];
  const loop = declarator.parent?.parent;
  if (!declarator.init && (loop?.type === 'ForOfStatement' || loop?.type === 'ForInStatement')) {
    const keys = loop.type === 'ForInStatement';
    return walk.reach(loop.right, { ...at, path: keys ? [] : [elements, ...inner] });
  }
  const sources: [Node, string[]][] = [];
  if (declarator.init) sources.push([declarator.init, inner]);
  if (within.default) sources.push([within.default, at.path]);
  for (const { identifier, init } of variable.references) {
    if (init) continue;
    sources.push(...written(identifier as unknown as Node, at.path));
  }
  for (const [one, path] of sources) {
    const found = walk.reach(one, { ...at, path });
    if (found) return found;
  }
  return undefined;
}

/** `this.name`: its value where it is declared, and every one that a method of the class assigns. */
export function throughField(
  walk: Walk,
  node: Extract<Node, { type: 'MemberExpression' }>,
  name: string | undefined,
  at: At,
): Node | undefined {
  const around = classAround(node);
  if (!around || name === undefined) return undefined;
  const value = fieldValue(node, name);
  const found = value && walk.reach(value, at);
  if (found) return found;
  for (const one of everyNode(around.body)) {
    if (one.type !== 'MemberExpression' || one.object.type !== 'ThisExpression' || propertyName(one) !== name) continue;
    for (const [assigned, path] of written(one, at.path)) {
      const origin = walk.reach(assigned, { path, bound: new Map(), depth: at.depth });
      if (origin) return origin;
    }
  }
  return undefined;
}
