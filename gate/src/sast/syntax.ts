/** Small questions about syntax trees that every check asks: the tree itself is typescript-estree's, the scopes are ESLint's. */
import type { TSESTree } from '@typescript-eslint/types';
import type { Scope } from 'eslint';

export type Node = TSESTree.Node;
export type FunctionNode =
  | TSESTree.FunctionDeclaration
  | TSESTree.FunctionExpression
  | TSESTree.ArrowFunctionExpression
  | TSESTree.TSEmptyBodyFunctionExpression;

/** One parsed file. */
export interface Source {
  text(node: Node): string;
  scopeOf(node: Node): Scope.Scope;
  /** The ancestors, the root first. */
  ancestors(node: Node): Node[];
  root: TSESTree.Program;
  classes: Map<string, TSESTree.ClassDeclaration>;
  /** Interfaces, type aliases and classes by name: what their members are. */
  types: Map<string, Node>;
}

export function isFunction(node: Node | undefined): node is FunctionNode {
  return (
    node?.type === 'FunctionDeclaration' ||
    node?.type === 'FunctionExpression' ||
    node?.type === 'ArrowFunctionExpression'
  );
}

/** Without what changes nothing at run time: casts, `!`, `await`, parentheses. */
export function bare(node: Node): Node {
  switch (node.type) {
    case 'TSAsExpression':
    case 'TSNonNullExpression':
    case 'TSTypeAssertion':
    case 'TSSatisfiesExpression':
    case 'ChainExpression':
      return bare(node.expression);
    case 'AwaitExpression':
      return bare(node.argument);
    default:
      return node;
  }
}

/** The variable that an identifier names, if it is declared in the file. */
export function variableOf(node: TSESTree.Identifier, source: Source): Scope.Variable | undefined {
  for (let scope: Scope.Scope | null = source.scopeOf(node); scope; scope = scope.upper) {
    const found = scope.set.get(node.name);
    if (found) return found;
  }
  return undefined;
}

/** The name of a property where it is fixed: `a.b`, `a['b']`, `{ b: … }`. */
export function propertyName(node: Node): string | undefined {
  if (node.type === 'MemberExpression') {
    if (!node.computed) return node.property.type === 'Identifier' ? node.property.name : `#${node.property.name}`;
    return node.property.type === 'Literal' ? String(node.property.value) : undefined;
  }
  if (node.type === 'Property' || node.type === 'PropertyDefinition' || node.type === 'MethodDefinition') {
    if (!node.computed && node.key.type === 'Identifier') return node.key.name;
    return node.key.type === 'Literal' ? String(node.key.value) : undefined;
  }
  return undefined;
}

/** The value of a property in an object literal. */
export function propertyOf(node: TSESTree.ObjectExpression, name: string): Node | undefined {
  const found = node.properties.findLast((one) => one.type === 'Property' && propertyName(one) === name);
  return found?.type === 'Property' ? found.value : undefined;
}

/** The nearest function around a node. */
export function functionAround(node: Node): FunctionNode | undefined {
  for (let at = node.parent; at; at = at.parent) if (isFunction(at)) return at;
  return undefined;
}

export function classAround(node: Node): TSESTree.ClassDeclaration | TSESTree.ClassExpression | undefined {
  for (let at = node.parent; at; at = at.parent)
    if (at.type === 'ClassDeclaration' || at.type === 'ClassExpression') return at;
  return undefined;
}

/** What a function gives back: its returned expressions, or an arrow's body. */
export function returned(of: FunctionNode): Node[] {
  if (!of.body) return [];
  if (of.body.type !== 'BlockStatement') return [of.body];
  return everyNode(of.body, (node) => isFunction(node)).flatMap((node) =>
    node.type === 'ReturnStatement' && node.argument ? [node.argument] : [],
  );
}

/** Every node below (and including) one, without entering what `skip` says. */
export function everyNode(root: Node, skip: (node: Node) => boolean = () => false): Node[] {
  const found: Node[] = [root];
  for (const [key, value] of Object.entries(root)) {
    if (key === 'parent' || key === 'loc' || key === 'range') continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child !== 'object' || child === null || typeof (child as Node).type !== 'string') continue;
      if (!skip(child as Node)) found.push(...everyNode(child as Node, skip));
    }
  }
  return found;
}

/** A parameter without its modifiers, default and rest. */
export function parameterName(parameter: Node): Node {
  switch (parameter.type) {
    case 'TSParameterProperty':
      return parameterName(parameter.parameter);
    case 'AssignmentPattern':
      return parameterName(parameter.left);
    case 'RestElement':
      return parameterName(parameter.argument);
    default:
      return parameter;
  }
}

/** The type written at a parameter, property or variable. */
export function annotation(node: Node | undefined): TSESTree.TypeNode | undefined {
  if (!node) return undefined;
  const inner = parameterName(node);
  return 'typeAnnotation' in inner && inner.typeAnnotation?.type === 'TSTypeAnnotation'
    ? inner.typeAnnotation.typeAnnotation
    : undefined;
}

/** `Repository` of `Repository<Customer>`, `fs.Stats` of `fs.Stats`. */
export function typeName(type: Node | undefined, source: Source): string | undefined {
  return type?.type === 'TSTypeReference' ? source.text(type.typeName) : undefined;
}

/** The names of decorators: `Body`, `Query`. */
export function decorators(node: Node): TSESTree.Decorator[] {
  return 'decorators' in node && Array.isArray(node.decorators) ? node.decorators : [];
}

export function decoratorName({ expression }: TSESTree.Decorator): string {
  const callee = expression.type === 'CallExpression' ? expression.callee : expression;
  return callee.type === 'Identifier' ? callee.name : '';
}
