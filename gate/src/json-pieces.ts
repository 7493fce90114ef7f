/** JSON as `JSON.stringify(value, null, 2)` writes it, piece by piece: a verdict of many findings is longer than one string should be. */

/** The text of an object or a list whose fields may be long lists; ends without a line break. */
export function* jsonPieces(value: unknown, indent = ''): Generator<string> {
  const inner = `${indent}  `;
  if (!isLong(value)) {
    yield indented(value, indent) ?? 'null';
  } else if (Array.isArray(value)) {
    yield '[';
    for (const [i, item] of value.entries()) {
      yield `${i === 0 ? '' : ','}\n${inner}`;
      yield* jsonPieces(item, inner);
    }
    yield `\n${indent}]`;
  } else {
    let separator = '{';
    for (const [key, field] of Object.entries(value as object)) {
      if (field === undefined) continue;
      yield `${separator}\n${inner}${JSON.stringify(key)}: `;
      yield* jsonPieces(field, inner);
      separator = ',';
    }
    yield `\n${indent}}`;
  }
}

/** Pieces put together to a size that is worth a write. */
export function* chunks(pieces: Iterable<string>, size = 1_000_000): Generator<string> {
  let held: string[] = [];
  let length = 0;
  for (const piece of pieces) {
    held.push(piece);
    length += piece.length;
    if (length < size) continue;
    yield held.join('');
    held = [];
    length = 0;
  }
  if (held.length > 0) yield held.join('');
}

/** What has a long list somewhere in it is taken apart, all else is written at once. */
function isLong(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 100 || value.some(isLong);
  return typeof value === 'object' && value !== null && Object.values(value).some(isLong);
}

function indented(value: unknown, indent: string): string | undefined {
  return (JSON.stringify(value, null, 2) as string | undefined)?.replaceAll('\n', `\n${indent}`);
}
