/**
 * look: backtracking. A repeated group whose repetitions can share out the same text in many ways: `(a+)+`, `(\w+\s?)*`, `(a|a)*`.
 * Works on the pattern's own syntax: a repetition is ambiguous where what ends one round and what begins the next can be the same
 * character, with nothing obligatory and different between them.
 */
import { type AST, RegExpParser, visitRegExpAST } from '@eslint-community/regexpp';
import type { Node } from '../syntax.ts';
import type { File, Report } from './check.ts';
import { callsNamed } from './check.ts';
import { constantOf } from '../constants.ts';

const parser = new RegExpParser({ ecmaVersion: 2024 });

export function backtracking(file: File, report: Report): void {
  for (const node of file.nodes) {
    if (node.type === 'Literal' && 'regex' in node && explodes(node.regex.pattern, node.regex.flags)) report(node);
  }
  for (const call of callsNamed(file, ['new RegExp', 'RegExp'])) {
    const value = call.arguments[0] && constantOf(call.arguments[0], file.source);
    if (typeof value === 'string' && explodes(value, '')) report(call as Node);
  }
}

export function explodes(pattern: string, flags: string): boolean {
  let tree: AST.Pattern;
  try {
    tree = parser.parsePattern(pattern, 0, pattern.length, {
      unicode: flags.includes('u'),
      unicodeSets: flags.includes('v'),
    });
  } catch {
    return false;
  }
  let found = false;
  visitRegExpAST(tree, {
    onQuantifierEnter: (quantifier) => {
      if (isLong(quantifier) && isGroup(quantifier.element) && isAmbiguous(quantifier.element)) found = true;
    },
  });
  return found;
}

/** Repeated often enough for the number of ways to matter. */
function isLong({ max }: AST.Quantifier): boolean {
  return max > 15;
}

function isGroup(element: AST.Element): element is AST.Group | AST.CapturingGroup {
  return element.type === 'Group' || element.type === 'CapturingGroup';
}

function isAmbiguous(group: AST.Group | AST.CapturingGroup): boolean {
  const { alternatives } = group;
  // (a|ab)*, (\w|\d)+: two alternatives that can begin alike and are each a single character wide
  for (const [i, one] of alternatives.entries()) {
    for (const other of alternatives.slice(i + 1)) {
      if (isSingle(one) && isSingle(other) && overlap(firsts(one.elements), firsts(other.elements))) return true;
    }
  }
  return alternatives.some(({ elements }) => sharesText(elements));
}

function isSingle({ elements }: AST.Alternative): boolean {
  return elements.length === 1;
}

/**
 * One round of the group is ambiguous with the next where a long repetition in it can be followed, in the same round or (round the
 * loop) in the next, by nothing obligatory but what the repetition itself takes.
 */
function sharesText(elements: AST.Element[]): boolean {
  return elements.some((element, i) => {
    const loop = inner(element);
    if (!loop) return false;
    const taken = characters(loop.element);
    const around = [...elements.slice(i + 1), ...elements.slice(0, i)];
    const obligatory = around.filter((one) => !isOptional(one));
    // A separator that the repetition can't take makes every split the only one.
    if (obligatory.some((one) => !overlap(firsts([one]), taken))) return false;
    return true;
  });
}

/** The long repetition that an element is, or is made of. */
function inner(element: AST.Element): AST.Quantifier | undefined {
  if (element.type === 'Quantifier') {
    if (isLong(element)) return element;
    return isGroup(element.element) ? innermost(element.element) : undefined;
  }
  return isGroup(element) ? innermost(element) : undefined;
}

function innermost(group: AST.Group | AST.CapturingGroup): AST.Quantifier | undefined {
  for (const { elements } of group.alternatives) {
    if (elements.length !== 1) continue;
    const found = inner(elements[0]!);
    if (found) return found;
  }
  return undefined;
}

function isOptional(element: AST.Element): boolean {
  switch (element.type) {
    case 'Quantifier':
      return element.min === 0 || isOptional(element.element);
    case 'Group':
    case 'CapturingGroup':
      return element.alternatives.some(({ elements }) => elements.every(isOptional));
    case 'Assertion':
    case 'Backreference':
      return true;
    default:
      return false;
  }
}

/** Sampled characters: enough to tell classes apart that people write. */
const samples = Array.from({ length: 128 }, (_, code) => code).concat(0xe4, 0x3b1, 0x4e2d, 0x2028);

type Characters = Set<number>;

function firsts(elements: AST.Element[]): Characters {
  const all: Characters = new Set();
  for (const element of elements) {
    for (const code of characters(element)) all.add(code);
    if (!isOptional(element)) break;
  }
  return all;
}

/** The characters that an element can begin with. */
function characters(element: AST.Element): Characters {
  switch (element.type) {
    case 'Quantifier':
      return characters(element.element);
    case 'Group':
    case 'CapturingGroup':
      return new Set(element.alternatives.flatMap(({ elements }) => [...firsts(elements)]));
    case 'Character':
    case 'CharacterSet':
    case 'CharacterClass':
      return classCharacters(element.raw);
    default:
      return new Set();
  }
}

const classes = new Map<string, Characters>();

function classCharacters(raw: string): Characters {
  const known = classes.get(raw);
  if (known) return known;
  let taken: Characters = new Set();
  try {
    const expression = new RegExp(`^(?:${raw})$`);
    taken = new Set(samples.filter((code) => expression.test(String.fromCharCode(code))));
  } catch {
    // A class that only other flags allow: nothing is known of it.
  }
  classes.set(raw, taken);
  return taken;
}

function overlap(one: Characters, other: Characters): boolean {
  for (const code of one) if (other.has(code)) return true;
  return false;
}
