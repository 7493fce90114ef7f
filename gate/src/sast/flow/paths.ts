/** How the name of a variable and what is written into it are reached from the whole value. */
import type { Scope } from 'eslint';
import { elements } from '../declared-types.ts';
import { everyNode, type FunctionNode, type Node, propertyName } from '../syntax.ts';
import { listMutators } from './known.ts';

/** The path step to what is left of an object when some members are taken out. */
export const rest = '...';

/** How a destructured name is reached from the whole, and its default. */
export function pathInPattern(definition: Scope.Definition, name: string): { steps: string[]; default?: Node } {
  const root =
    definition.type === 'Parameter'
      ? (definition.node as unknown as FunctionNode).params.find((one) =>
          everyNode(one).includes(definition.name as unknown as Node),
        )
      : (definition.node as unknown as { id: Node }).id;
  return root ? (within(root, name) ?? { steps: [] }) : { steps: [] };
}

function within(pattern: Node, name: string): { steps: string[]; default?: Node } | undefined {
  switch (pattern.type) {
    case 'Identifier':
      return pattern.name === name ? { steps: [] } : undefined;
    case 'TSParameterProperty':
      return within(pattern.parameter, name);
    case 'AssignmentPattern': {
      const found = within(pattern.left, name);
      return found && { ...found, default: pattern.right };
    }
    case 'RestElement': {
      const found = within(pattern.argument, name);
      return found && { steps: [rest, ...found.steps] };
    }
    case 'ArrayPattern':
      for (const one of pattern.elements) {
        const found = one && within(one, name);
        if (found) return { ...found, steps: [elements, ...found.steps] };
      }
      return undefined;
    case 'ObjectPattern':
      for (const one of pattern.properties) {
        const found = within(one.type === 'Property' ? one.value : one, name);
        if (!found) continue;
        return one.type === 'Property'
          ? { ...found, steps: [propertyName(one) ?? elements, ...found.steps] }
          : { ...found, steps: [], ...(found.default && { default: found.default }) };
      }
      return undefined;
    default:
      return undefined;
  }
}

/** What is written into a variable or field at this place: `x = v`, `x += v`, `x.push(v)`, `x[k] = v`. */
export function written(place: Node, path: string[]): [Node, string[]][] {
  const parent = place.parent;
  if (parent?.type === 'AssignmentExpression' && parent.left === place) return [[parent.right, path]];
  if (parent?.type !== 'MemberExpression' || parent.object !== place) return [];
  const name = propertyName(parent);
  const above = parent.parent;
  if (above?.type === 'AssignmentExpression' && above.left === parent) {
    if (path.length > 0 && name !== undefined && path[0] !== name && path[0] !== elements) return [];
    return [[above.right, path.slice(1)]];
  }
  if (above?.type === 'CallExpression' && above.callee === parent && name !== undefined && listMutators.test(name)) {
    const values = name === 'set' ? above.arguments.slice(1) : above.arguments;
    return values.map((one) => [one, path.filter((step) => step !== elements)]);
  }
  return [];
}
