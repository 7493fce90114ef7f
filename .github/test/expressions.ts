/** GitHub's expressions, as far as our workflows use them: paths, literals, comparison, `!`, `&&`, `||`. Anything else is an error. */

export type Value = string | number | boolean | null | { readonly [key: string]: Value };
/** What expressions can name: github, env, vars, secrets, inputs, steps, needs. */
export type Contexts = Readonly<Record<string, Value>>;

const token = /\s*(?:('(?:[^']|'')*')|([A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)|(==|!=|&&|\|\||!|\(|\)))/y;

/** The value of an expression, without its `${{ }}`. Throws where it uses what is not known here, so that nobody believes in a guess. */
export function evaluate(expression: string, contexts: Contexts): Value {
  const words: string[] = [];
  token.lastIndex = 0;
  while (expression.slice(token.lastIndex).trim() !== '') {
    const at = token.lastIndex;
    const match = token.exec(expression);
    if (!match) throw new Error(`not understood here: "${expression.slice(at)}" in ${expression}`);
    words.push(match[1] ?? match[2] ?? match[3]!);
  }
  let at = 0;
  const value = either();
  if (at < words.length) throw new Error(`not understood here: "${words[at]}" in ${expression}`);
  return value;

  function either(): Value {
    let left = both();
    while (words[at] === '||') {
      at++;
      const right = both();
      left = truth(left) ? left : right;
    }
    return left;
  }

  function both(): Value {
    let left = comparison();
    while (words[at] === '&&') {
      at++;
      const right = comparison();
      left = truth(left) ? right : left;
    }
    return left;
  }

  function comparison(): Value {
    const left = single();
    const operator = words[at];
    if (operator !== '==' && operator !== '!=') return left;
    at++;
    return equal(left, single()) === (operator === '==');
  }

  function single(): Value {
    const word = words[at++];
    if (word === '!') return !truth(single());
    if (word === '(') {
      const value = either();
      if (words[at++] !== ')') throw new Error(`a parenthesis stays open in ${expression}`);
      return value;
    }
    if (word?.startsWith("'")) return word.slice(1, -1).replaceAll("''", "'");
    if (word === 'true' || word === 'false') return word === 'true';
    if (word === undefined || !/^[A-Za-z_]/.test(word)) throw new Error(`a value is missing in ${expression}`);
    const [context, ...path] = word.split('.');
    if (!(context! in contexts) || words[at] === '(') throw new Error(`not known here: "${word}" in ${expression}`);
    // What does not exist is null, however deep.
    return path.reduce<Value>(
      (value, key) => (typeof value === 'object' ? (value?.[key] ?? null) : null),
      contexts[context!]!,
    );
  }
}

/** A text with every `${{ }}` in it replaced. */
export function fill(text: unknown, contexts: Contexts): string {
  return String(text).replace(/\$\{\{(.*?)\}\}/gs, (_, expression: string) => word(evaluate(expression, contexts)));
}

/** Whether an `if:` holds, whose `${{ }}` may be left out. */
export function holds(condition: unknown, contexts: Contexts): boolean {
  return truth(evaluate(String(condition).replace(/^\s*\$\{\{(.*)\}\}\s*$/s, '$1'), contexts));
}

function truth(value: Value): boolean {
  return value !== null && value !== false && value !== '' && value !== 0;
}

/** Texts are compared without their case, values of different kinds as numbers. */
function equal(left: Value, right: Value): boolean {
  if (typeof left === 'string' && typeof right === 'string') return left.toLowerCase() === right.toLowerCase();
  return number(left) === number(right);
}

function number(value: Value): number {
  return typeof value === 'object' && value !== null ? NaN : Number(value);
}

function word(value: Value): string {
  return typeof value === 'object' ? (value === null ? '' : 'Object') : String(value);
}
