import { Injectable } from '@nestjs/common';
import { compileExpression } from './expression.js';

const THRESHOLDS = new Map([
  ['cpu', 'value > 0.9'],
  ['memory', 'value > 0.8'],
]);

@Injectable()
export class RuleEngine {
  matches(condition: string, sample: Record<string, number>): boolean {
    const evaluate = compileExpression(condition, Object.keys(sample));
    return Boolean(evaluate(...Object.values(sample)));
  }

  above(name: string, value: number): boolean {
    const source = THRESHOLDS.get(name);
    if (!source) {
      return false;
    }
    const limit = Number(source.split('>')[1]);
    return value > limit;
  }
}
