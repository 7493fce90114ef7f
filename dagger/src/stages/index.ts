/** Every stage, in the order of the renderings. */
import { build } from './build.ts';
import { config } from './config.ts';
import { dast } from './dast.ts';
import { deps } from './deps.ts';
import { lint } from './lint.ts';
import { sast } from './sast.ts';
import { sbom } from './sbom.ts';
import { scan } from './scan.ts';
import { secrets } from './secrets.ts';
import type { Stage } from './stage.ts';
import { test } from './test.ts';
import { typecheck } from './typecheck.ts';

export const stages: Stage[] = [lint, typecheck, test, sast, deps, secrets, config, build, scan, sbom, dast];
