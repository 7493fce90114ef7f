/** The names of the members that a written type has, as far as this file declares them. */
import type { Node, Source } from './syntax.ts';
import { propertyName, typeName } from './syntax.ts';

export function shapeMembers(type: Node | undefined, path: readonly string[], source: Source, depth = 0): string[] {
  if (!type || depth > 6) return [];
  const deeper = (one: Node | undefined) => shapeMembers(one, path, source, depth + 1);
  switch (type.type) {
    case 'TSTypeLiteral':
      return members(type.members, path, source, depth);
    case 'TSIntersectionType':
    case 'TSUnionType':
      return type.types.flatMap(deeper);
    case 'TSTypeReference': {
      const declared = source.types.get(typeName(type, source) ?? '');
      if (declared?.type === 'TSTypeAliasDeclaration') return deeper(declared.typeAnnotation);
      if (declared?.type === 'TSInterfaceDeclaration') return members(declared.body.body, path, source, depth);
      if (declared?.type === 'ClassDeclaration') return members(declared.body.body, path, source, depth);
      return [];
    }
    default:
      return [];
  }
}

function members(all: readonly Node[], path: readonly string[], source: Source, depth: number): string[] {
  const named = all.flatMap((one) => {
    if (one.type === 'TSPropertySignature' && one.key.type === 'Identifier')
      return [{ name: one.key.name, type: one.typeAnnotation?.typeAnnotation }];
    const name = one.type === 'PropertyDefinition' ? propertyName(one) : undefined;
    return name !== undefined && one.type === 'PropertyDefinition'
      ? [{ name, type: one.typeAnnotation?.typeAnnotation }]
      : [];
  });
  const [first, ...rest] = path;
  if (first === undefined || first === '...') return named.map(({ name }) => name);
  return shapeMembers(named.find(({ name }) => name === first)?.type, rest, source, depth + 1);
}
