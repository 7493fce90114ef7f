/** What the type written at a parameter says of a value that comes from outside: TypeScript checks nothing at run time, but types tell intent. */
import type { TSESTree } from '@typescript-eslint/types';
import type { Node, Source } from './syntax.ts';
import { decoratorName, decorators, propertyName, typeName } from './syntax.ts';

/**
 * - `harmless`: numbers, dates, enums, services: no text that an attacker could shape
 * - `text`: a string, or something that holds strings
 * - `open`: an object whose members nobody checks (any, unknown, Record, Partial, an interface, an object type)
 * - `class`: an object of a class, which validation pipes can check
 */
export type Shape = 'harmless' | 'text' | 'open' | 'class';

const services =
  /(Service|Repository|Manager|Logger|Config|Client|Module|Ref|Response|Reply|Context|Host|Connection|Pool|DataSource|Runner|Queue|Job|Buffer|Stream|Readable|Writable|ReadableStream|Date|Array|Server|Socket|Agent|KeyObject|Error|Exception|Type|Function|Signal|Handler|Callback|Subject|Observable|Metadata|Builder|Socket|URL|RegExp|Stats)$/;
const checkedByDecorator =
  /^(IsInt|IsNumber|IsBoolean|IsDate|IsEnum|IsIn|IsUUID|IsMongoId|IsISO8601|IsDateString|IsAlphanumeric|IsAlpha|IsLocale|IsNumberString|IsPort|IsIP|Type)$/;
const partial = new Set(['Partial', 'DeepPartial', 'QueryDeepPartialEntity', 'Readonly', 'Required', 'NonNullable']);
const loose = new Set([
  'Record',
  'Omit',
  'Pick',
  'Object',
  'Map',
  'FindOptionsWhere',
  'FindManyOptions',
  'FilterQuery',
  'Json',
  'JsonValue',
]);

/** The shape of the value at `path` below a value of this type. */
export function shapeOf(
  type: TSESTree.TypeNode | undefined,
  path: readonly string[],
  source: Source,
  depth = 0,
): Shape {
  if (!type || depth > 8) return path.length === 0 ? 'open' : 'text';
  switch (type.type) {
    case 'TSNumberKeyword':
    case 'TSBooleanKeyword':
    case 'TSBigIntKeyword':
    case 'TSLiteralType':
    case 'TSNullKeyword':
    case 'TSUndefinedKeyword':
    case 'TSVoidKeyword':
    case 'TSFunctionType':
    case 'TSTypeOperator':
    case 'TSTemplateLiteralType':
      return type.type === 'TSTypeOperator' && type.operator === 'readonly'
        ? shapeOf(type.typeAnnotation, path, source, depth + 1)
        : 'harmless';
    case 'TSStringKeyword':
      return 'text';
    case 'TSAnyKeyword':
    case 'TSUnknownKeyword':
    case 'TSObjectKeyword':
      return path.length === 0 ? 'open' : 'text';
    case 'TSArrayType':
      return ofElements(type.elementType, path, source, depth);
    case 'TSUnionType':
      return worst(type.types.map((one) => shapeOf(one, path, source, depth + 1)));
    case 'TSIntersectionType': {
      const shapes = type.types.map((one) => shapeOf(one, path, source, depth + 1));
      return path.length > 0 && shapes.includes('harmless') ? 'harmless' : worst(shapes);
    }
    case 'TSTypeLiteral':
      return member(type.members, path, source, depth);
    case 'TSTypeReference':
      return referenced(type, path, source, depth);
    default:
      return 'text';
  }
}

function referenced(type: TSESTree.TSTypeReference, path: readonly string[], source: Source, depth: number): Shape {
  const name = typeName(type, source)!;
  const [inner] = type.typeArguments?.params ?? [];
  if (partial.has(name)) return path.length === 0 ? 'open' : shapeOf(inner, path, source, depth + 1);
  if (name === 'Array' || name === 'ReadonlyArray' || name === 'Set')
    return inner ? ofElements(inner, path, source, depth) : 'text';
  if (name === 'Record' && path.length > 0)
    return shapeOf(type.typeArguments?.params[1], path.slice(1), source, depth + 1);
  if (loose.has(name)) return path.length === 0 ? 'open' : 'text';
  const declared = source.types.get(name);
  if (declared?.type === 'TSEnumDeclaration') return 'harmless';
  if (declared?.type === 'TSTypeAliasDeclaration') return shapeOf(declared.typeAnnotation, path, source, depth + 1);
  if (declared?.type === 'TSInterfaceDeclaration') return member(declared.body.body, path, source, depth);
  if (services.test(name)) return 'harmless';
  if (declared?.type === 'ClassDeclaration') {
    if (path.length === 0) return 'class';
    const property = declared.body.body.find((one) => propertyName(one) === path[0]);
    if (property?.type !== 'PropertyDefinition') return 'text';
    if (decorators(property).some((one) => checkedByDecorator.test(decoratorName(one)))) return 'harmless';
    return shapeOf(property.typeAnnotation?.typeAnnotation, path.slice(1), source, depth + 1);
  }
  return path.length === 0 ? 'class' : 'text';
}

function member(members: readonly Node[], path: readonly string[], source: Source, depth: number): Shape {
  if (path.length === 0) return 'open';
  for (const one of members) {
    if (one.type !== 'TSPropertySignature' || one.key.type !== 'Identifier' || one.key.name !== path[0]) continue;
    return shapeOf(one.typeAnnotation?.typeAnnotation, path.slice(1), source, depth + 1);
  }
  return 'text';
}

function ofElements(element: TSESTree.TypeNode, path: readonly string[], source: Source, depth: number): Shape {
  const shape = shapeOf(
    element,
    path.filter((one) => one !== elements),
    source,
    depth + 1,
  );
  return path.length === 0 && shape !== 'harmless' ? 'text' : shape;
}

/** The path step into the elements of a list. */
export const elements = '[]';

function worst(shapes: Shape[]): Shape {
  return (['open', 'class', 'text', 'harmless'] as const).find((one) => shapes.includes(one)) ?? 'text';
}
