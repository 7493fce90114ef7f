/** look: option, argument, assignment. A constant at a place where it switches a protection off. */
import { constantOf } from '../constants.ts';
import { isNamed, namesOf } from '../names.ts';
import type { ArgumentCheck, AssignmentCheck, OptionCheck } from '../rule.ts';
import { propertyName, propertyOf } from '../syntax.ts';
import { alternatives, callsNamed, type File, holds, objectOf, type Report } from './check.ts';

export function option(check: OptionCheck, { source, objects }: File, report: Report): void {
  const expression = new RegExp(check.matches);
  for (const object of objects) {
    const { beside } = check;
    if (beside) {
      const other = propertyOf(object, beside.property);
      const value = other && constantOf(other, source);
      if (value === undefined || !new RegExp(beside.matches).test(String(value))) continue;
    }
    for (const one of object.properties) {
      if (one.type !== 'Property' || !isNamed([propertyName(one) ?? ''], check.property)) continue;
      const values =
        one.value.type === 'ArrayExpression' ? one.value.elements.flatMap((each) => each ?? []) : [one.value];
      const bad = values.flatMap(alternatives).some((each) => {
        const value = constantOf(each, source);
        return value !== undefined && expression.test(String(value));
      });
      if (bad) report(one);
    }
  }
}

export function argument(check: ArgumentCheck, file: File, report: Report): void {
  for (const call of callsNamed(file, check.call)) {
    if (!holds(check.when, call, file.source)) continue;
    const given = call.arguments[check.argument];
    const object = check.property === undefined ? undefined : objectOf(given, file.source);
    const node = check.property === undefined ? given : object && propertyOf(object, check.property);
    if (!node) continue;
    if (check.matches === undefined && check.below === undefined) report(node);
    for (const each of alternatives(node)) {
      const value = constantOf(each, file.source);
      if (value === undefined) continue;
      const low = check.below !== undefined && typeof value === 'number' && value < check.below;
      const named = check.matches !== undefined && new RegExp(check.matches, 'i').test(String(value));
      if (low || named) report(node);
    }
  }
}

export function assignment(check: AssignmentCheck, { source, nodes }: File, report: Report): void {
  for (const node of nodes) {
    if (
      node.type !== 'AssignmentExpression' ||
      !isNamed([source.text(node.left), ...namesOf(node.left, source)], check.to)
    )
      continue;
    const value = constantOf(node.right, source);
    if (value !== undefined && new RegExp(check.matches).test(String(value))) report(node);
  }
}
