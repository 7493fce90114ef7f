/** The rules of this Sluice, read once. */
import { loadRules } from './rule.ts';

export { type Rule } from './rule.ts';

export const rules = loadRules();
