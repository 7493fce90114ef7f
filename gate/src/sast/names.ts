/** What a called function is called: by the module it was imported from, by the type of its object, and as it is written. */
import type { Node, Source } from './syntax.ts';
import { annotation, bare, classAround, parameterName, propertyName, typeName, variableOf } from './syntax.ts';

const furthest = 6;

/**
 * Every name by which rules may know an expression: `cp.exec` is also `child_process.exec`, `this.http.get` also `HttpService.get`,
 * and what came from promisify has the names of what went in.
 */
export function namesOf(node: Node, source: Source, depth = 0): string[] {
  const at = bare(node);
  if (depth > furthest) return [];
  switch (at.type) {
    case 'Identifier':
      return [...new Set([at.name, ...identifierNames(at, source, depth)])];
    case 'ThisExpression':
      return ['this'];
    case 'MemberExpression': {
      const name = propertyName(at);
      if (name === undefined) return [];
      const objects = [...namesOf(at.object, source, depth + 1), ...typeNames(at.object, source)];
      return [
        ...new Set([
          ...(objects.length > 0 ? objects : ['?']).map((one) => `${one}.${name}`),
          ...typeNames(at, source),
        ]),
      ];
    }
    case 'CallExpression': {
      const names = namesOf(at.callee, source, depth + 1);
      if (names.some((one) => /(^|\.)promisify$/.test(one)) && at.arguments[0])
        return namesOf(at.arguments[0], source, depth + 1);
      return names.map((one) => `${one}()`);
    }
    case 'NewExpression':
      return namesOf(at.callee, source, depth + 1).map((one) => `new ${one}`);
    default:
      return [];
  }
}

function identifierNames(node: Node, source: Source, depth: number): string[] {
  if (node.type !== 'Identifier') return [];
  const [definition] = variableOf(node, source)?.defs ?? [];
  if (!definition) return [];
  if (definition.type === 'ImportBinding')
    return importedAs(definition.node as Node, definition.parent as unknown as Node);
  if (definition.type === 'Variable') {
    const declarator = definition.node as unknown as Node;
    if (declarator.type !== 'VariableDeclarator' || !declarator.init) return [];
    const init = bare(declarator.init);
    if (declarator.id.type === 'ObjectPattern') {
      const key = declarator.id.properties.find(
        (one) => one.type === 'Property' && one.value.type === 'Identifier' && one.value.name === node.name,
      );
      const name = key && propertyName(key);
      return name ? namesOf(init, source, depth + 1).map((one) => `${one}.${name}`) : [];
    }
    const type = typeName(annotation(declarator.id), source);
    return [...(type ? [type] : []), ...namesOf(init, source, depth + 1)];
  }
  return typeNames(node, source);
}

/** `import { exec as run } from 'node:child_process'` → child_process.exec. */
function importedAs(specifier: Node, declaration: Node): string[] {
  if (declaration.type !== 'ImportDeclaration') return [];
  const module = moduleName(String(declaration.source.value));
  if (specifier.type !== 'ImportSpecifier') return [module];
  const imported = specifier.imported.type === 'Identifier' ? specifier.imported.name : specifier.imported.value;
  return imported === 'default' ? [module] : [`${module}.${imported}`];
}

function moduleName(specifier: string): string {
  return specifier.replace(/^node:/, '').replace(/^fs\/promises$/, 'fs');
}

/** The type of a parameter, or of a property of the class around it. */
export function typeNames(node: Node, source: Source): string[] {
  const at = bare(node);
  if (at.type === 'Identifier') {
    const [definition] = variableOf(at, source)?.defs ?? [];
    const name =
      definition?.type === 'Parameter' ? typeName(annotation(definition.name as unknown as Node), source) : undefined;
    return name ? [name] : [];
  }
  if (at.type === 'MemberExpression' && at.object.type === 'ThisExpression') {
    const name = typeOfProperty(at, source);
    return name ? [name] : [];
  }
  return [];
}

/** The class that `this.x` is of: a property's type or initial value, or a constructor parameter's type. */
export function typeOfProperty(node: Node, source: Source): string | undefined {
  const name = propertyName(node);
  for (const member of classAround(node)?.body.body ?? []) {
    if (member.type === 'PropertyDefinition' && propertyName(member) === name) {
      const type = typeName(annotation(member), source) ?? typeName(member.typeAnnotation?.typeAnnotation, source);
      if (type) return type;
      const init = member.value && bare(member.value);
      return init?.type === 'NewExpression' && init.callee.type === 'Identifier' ? init.callee.name : undefined;
    }
    if (member.type === 'MethodDefinition' && member.kind === 'constructor') {
      for (const parameter of member.value.params) {
        const inner = parameterName(parameter);
        if (parameter.type === 'TSParameterProperty' && inner.type === 'Identifier' && inner.name === name)
          return typeName(annotation(parameter), source);
      }
    }
  }
  return undefined;
}

/** True where a name matches one of the patterns, in which `*` stands for anything. */
export function isNamed(names: string[], patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    const expression = compiled(pattern);
    return names.some((name) => expression.test(name));
  });
}

const cache = new Map<string, RegExp>();

function compiled(pattern: string): RegExp {
  const known = cache.get(pattern);
  if (known) return known;
  const expression = new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );
  cache.set(pattern, expression);
  return expression;
}
