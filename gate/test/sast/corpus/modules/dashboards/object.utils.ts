type Dict = Record<string, any>;

const isDict = (value: unknown): value is Dict => typeof value === 'object' && value !== null && !Array.isArray(value);

export function deepExtend(target: Dict, source: Dict): Dict {
  Object.keys(source).forEach((key) => {
    if (isDict(source[key]) && isDict(target[key])) {
      deepExtend(target[key], source[key]);
    } else {
      target[key] = source[key];
    }
  });
  return target;
}

export function deepUpdate(target: Dict, source: Dict): Dict {
  for (const [key, value] of Object.entries(source)) {
    if (!Object.hasOwn(target, key)) continue;
    if (isDict(value) && isDict(target[key])) {
      deepUpdate(target[key], value);
    } else {
      target[key] = value;
    }
  }
  return target;
}
