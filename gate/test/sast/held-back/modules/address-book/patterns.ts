const SPECIAL = /[\\^$.*+?()[\]{}|]/g;

export function pattern(source: string): RegExp {
  return new RegExp(`^${source}`, 'i');
}

export function literalPattern(text: string): RegExp {
  const source = text.replace(SPECIAL, '\\$&');
  return new RegExp(`^${source}`, 'i');
}
