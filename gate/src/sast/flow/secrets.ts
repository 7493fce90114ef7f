/** Which values are a secret by their name, and which only sound like one. */
import type { Scope } from 'eslint';
import { callersOf } from '../calls.ts';
import { constantOf } from '../constants.ts';
import { elements } from '../declared-types.ts';
import { isNamed, namesOf } from '../names.ts';
import { isSecretName } from '../secret-names.ts';
import { bare, type FunctionNode, type Node, variableOf } from '../syntax.ts';
import { harmless } from './known.ts';
import type { Walk } from './question.ts';

/** `token.name` is about the token; `secrets[0]` and `token.value` are it. */
export function isWholeSecret([next]: string[]): boolean {
  return (
    next === undefined || next === elements || /^(value|raw|text|plain|secret|key)$/i.test(next) || isSecretName(next)
  );
}

/** `{ password: '[redacted]' }` and `{ token: mask(token) }` hold none. */
export function holdsSecret({ source, question }: Walk, value: Node): boolean {
  const at = bare(value);
  const [definition] = (at.type === 'Identifier' && variableOf(at, source)?.defs) || [];
  if (definition && hasCallers({ source }, definition)) return false;
  if (constantOf(at, source) !== undefined || at.type === 'UnaryExpression' || at.type === 'BinaryExpression')
    return false;
  return (
    !(at.type === 'CallExpression' && isNamed(namesOf(at.callee, source), [...question.safe, ...harmless])) &&
    at.type !== 'ConditionalExpression'
  );
}

/** Where the callers are in sight, what they hand over tells more than the parameter's name. */
export function hasCallers({ source }: Pick<Walk, 'source'>, definition: Scope.Definition): boolean {
  return definition.type === 'Parameter' && callersOf(definition.node as unknown as FunctionNode, source).length > 0;
}
