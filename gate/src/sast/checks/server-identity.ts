/** look: server-identity. A check of the server's name that lets every name pass. */
import { constantOf } from '../constants.ts';
import { bare, everyNode, isFunction, propertyName, returned } from '../syntax.ts';
import type { File, Report } from './check.ts';

export function serverIdentity({ source, objects }: File, report: Report): void {
  for (const object of objects) {
    for (const one of object.properties) {
      if (one.type !== 'Property' || propertyName(one) !== 'checkServerIdentity') continue;
      const check = bare(one.value);
      if (!isFunction(check)) continue;
      // A check that never throws, asks nothing and returns nothing.
      const asks = everyNode(check).some(
        (node) => node.type === 'ThrowStatement' || node.type === 'CallExpression' || node.type === 'NewExpression',
      );
      const empty = returned(check).every((value) => {
        const constant = constantOf(value, source);
        return (
          constant === null ||
          constant === true ||
          source.text(value) === 'undefined' ||
          source.text(value).startsWith('void ')
        );
      });
      if (!asks && empty) report(one);
    }
  }
}
