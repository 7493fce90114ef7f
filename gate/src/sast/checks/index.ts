/** Every way of looking that rules can ask for. */
import type { Check } from '../rule.ts';
import { backtracking } from './backtracking.ts';
import type { File, Report } from './check.ts';
import { comparison } from './comparison.ts';
import { cookie } from './cookie.ts';
import { fastHash } from './fast-hash.ts';
import { fixedNonce } from './fixed-nonce.ts';
import { flow } from './flow.ts';
import { keyWrite } from './key-write.ts';
import { literalSecret } from './literal-secret.ts';
import { predictableSecret } from './predictable-secret.ts';
import { reflectedOrigin } from './reflected-origin.ts';
import { serverIdentity } from './server-identity.ts';
import { unverifiedToken } from './unverified-token.ts';
import { argument, assignment, option } from './values.ts';

const specials = {
  backtracking,
  comparison,
  cookie,
  'fixed-nonce': fixedNonce,
  'key-write': keyWrite,
  'literal-secret': literalSecret,
  'predictable-secret': predictableSecret,
  'reflected-origin': reflectedOrigin,
  'server-identity': serverIdentity,
  'unverified-token': unverifiedToken,
  'fast-hash': fastHash,
};

export function runCheck(check: Check, file: File, report: Report): void {
  switch (check.look) {
    case 'flow':
      return flow(check, file, report);
    case 'option':
      return option(check, file, report);
    case 'argument':
      return argument(check, file, report);
    case 'assignment':
      return assignment(check, file, report);
    default:
      return specials[check.look](file, report);
  }
}
