/** Puts the example of a whole schema together from those of its fields. */

/** The part of a JSON Schema that examples are made from. */
export interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly example?: unknown;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
}

/** An example of what the schema describes; fields that are neither required nor have an example are left out. */
export function exampleOf(schema: Schema): unknown {
  if (schema.example !== undefined) return schema.example;
  const [first] = schema.oneOf ?? schema.anyOf ?? [];
  if (first) return exampleOf(first);
  if (schema.properties) {
    const shown = Object.entries(schema.properties).filter(
      ([name, field]) => schema.required?.includes(name) || field.example !== undefined,
    );
    return Object.fromEntries(shown.map(([name, field]) => [name, exampleOf(field)]));
  }
  if (schema.items) return [exampleOf(schema.items)];
  if (schema.enum) return schema.enum[0];
  if (schema.format === 'date-time') return '2026-11-22T07:45:00.000Z';
  return schema.type === 'object' ? {} : null;
}
