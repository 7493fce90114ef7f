/** What is asked of a value, and where the answer has got to. */
import type { Scope } from 'eslint';
import type { GuardKind } from '../guards.ts';
import type { Node, Source } from '../syntax.ts';

/** What a rule wants to know of a value. */
export interface Question {
  /**
   * - `outside`: text from outside, which is every parameter that no type makes harmless, and every part of a request
   * - `request`: the same, but only what visibly is part of a request
   * - `object`: a whole object from outside that nothing has checked
   * - `secret`: something named like a secret
   * - `module`: something made by one of `modules`
   */
  from: 'outside' | 'request' | 'object' | 'secret' | 'module';
  modules: readonly string[];
  /** Functions whose result is harmless here. */
  safe: readonly string[];
  /** Functions that hand on what they are given. */
  via: readonly string[];
  guards: readonly GuardKind[];
  /** Text behind a fixed host or a fixed first path segment is harmless. */
  fixedPrefix: boolean;
  /** Fields of the class and results of database look-ups may hold what came from outside earlier. */
  stored: boolean;
  /** A parameter counts only once it is made part of a longer text: what is handed on whole may be fixed elsewhere. */
  composed?: boolean;
  /** Parameters of any function count, not only where a server's requests arrive. */
  anywhere?: boolean;
}

/** Parameters that stand for the arguments of a call under way, each followed on from the place of that call. */
export type Bound = Map<Scope.Variable, (path: string[]) => Node | undefined>;

/** Where a walk has got to. */
export interface At {
  /** What of the value is asked for: names of members, from the outside in. */
  path: string[];
  bound: Bound;
  /** How many steps led here. */
  depth: number;
}

/** The walk itself, as its parts use it. */
export interface Walk {
  readonly source: Source;
  readonly question: Question;
  /** True while a longer text is being put together. */
  readonly isComposing: boolean;
  /** Where the value comes from, if that is what the question asks for. */
  reach(node: Node, at: At): Node | undefined;
  /** The first of them that leads anywhere. */
  any(nodes: readonly (Node | null)[], at: At): Node | undefined;
  composing<Found>(find: () => Found): Found;
  /** The same walk from its beginning, with another thing to look for. */
  asking(from: Question['from'], node: Node): Node | undefined;
  /** Whether something in front of the value, or of its use, makes it harmless. */
  isChecked(node: Node): boolean;
}

/** The same place, and the whole value. */
export function whole(at: At): At {
  return { ...at, path: [] };
}
