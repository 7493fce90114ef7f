/**
 * Reads Trivy's JSON over a tree that was laid out beside planted files (`tree/lay-out.ts`). What was planted is the evidence that
 * Trivy looked, and never a finding; all else has its path in the source.
 */
import { z } from 'zod';
import { plantedConfiguration } from '../config/planted.ts';
import type { Evidence, Reading } from '../model.ts';
import { plantedSecrets } from '../secrets/planted.ts';
import { plantedFolder, sourceFolder } from '../tree/lay-out.ts';
import type { Reader } from './reader.ts';
import { Report, UnreadableReport } from './report.ts';
import { trivy } from './trivy.ts';

const secret = z.looseObject({
  RuleID: z.string(),
  Category: z.string().optional(),
  StartLine: z.int().optional(),
  Offset: z.int().optional(),
});
type Secret = z.output<typeof secret>;
const misconfiguration = z.looseObject({ ID: z.string(), Status: z.string().optional() });
const result = z.looseObject({
  Target: z.string(),
  Class: z.string().optional(),
  Secrets: z.array(secret).nullish(),
  Misconfigurations: z.array(misconfiguration).nullish(),
});
const layoutReport = z.looseObject({ Results: z.array(result).nullish() });
type Result = z.output<typeof result>;

export const trivySecrets = reader('trivy-secrets', 'Trivy JSON of planted secrets', 'planted secrets', plantedSecrets);
export const trivyConfiguration = reader(
  'trivy-config',
  'Trivy JSON of planted configuration',
  'planted files',
  plantedConfiguration,
);

/** A reader that finds each of `planted` (path → the rule that must have found it), or says that the tool can't be trusted. */
function reader(format: string, title: string, kind: string, planted: Record<string, string>): Reader {
  return {
    format,
    title,
    recognises: (report) => trivy.recognises(report),

    read(report, options): Reading {
      // First as what it is: a schema that is not known is named by the reader that knows the others.
      trivy.read(report, options);
      const whole = report.shaped(layoutReport, title);
      const results = whole.Results ?? [];
      const inSource = results.flatMap((one) => relocated(one, report.fileName));
      const rest = JSON.stringify({ ...whole, Results: inSource });
      const reading = trivy.read(new Report(report.fileName, Buffer.from(rest)), options);

      const missed = Object.entries(planted).filter(
        ([path, rule]) => !isFound(results, `${plantedFolder}/${path}`, rule),
      );
      const count = Object.keys(planted).length - missed.length;
      // The scope beside this report counts the files; here they would be said twice.
      const counted = reading.evidence.filter((one) => !['packages', 'files', 'files with secrets'].includes(one.kind));
      const evidence: Evidence[] = [{ kind, count }, ...counted];
      const broken =
        missed.length > 0
          ? `Trivy looked away: it did not find ${missed.length} of ${Object.keys(planted).length} ${kind} (${missed.map(([path]) => path).join(', ')})`
          : reading.broken;
      return {
        ...reading,
        format,
        evidence,
        lookedAt: inSource.filter((one) => one.Class === 'config').map((one) => one.Target),
        ...(broken !== undefined && { broken }),
      };
    },
  };
}

/** A result with its path in the source; none for what was planted. */
function relocated(one: Result, file: string): Result[] {
  if (one.Target.startsWith(`${plantedFolder}/`)) return [];
  if (one.Target.startsWith(`${sourceFolder}/`)) {
    const Target = one.Target.slice(sourceFolder.length + 1);
    return [{ ...one, Target, ...(one.Secrets && { Secrets: eachOnce(one.Secrets) }) }];
  }
  throw new UnreadableReport(`${file} is not of a tree that Sluice laid out: it names ${one.Target}`);
}

/** What several rules found at one place is one secret: the rule for its service tells most, then the one with the shortest name. */
function eachOnce(secrets: Secret[]): Secret[] {
  const rank = ({ Category, RuleID }: Secret) => (Category === 'general' ? 1000 : 0) + RuleID.length;
  return secrets.filter((one) => !secrets.some((other) => isSamePlace(one, other) && rank(other) < rank(one)));
}

/** Some rules count the quote in front of a secret as its beginning. */
function isSamePlace(one: Secret, other: Secret): boolean {
  if (one.Offset === undefined || other.Offset === undefined || one.StartLine !== other.StartLine) return false;
  return Math.abs(one.Offset - other.Offset) <= 1;
}

function isFound(results: Result[], path: string, rule: string): boolean {
  return results.some(
    (one) =>
      one.Target === path &&
      (one.Secrets?.some(({ RuleID }) => RuleID === rule) ||
        one.Misconfigurations?.some(({ ID, Status }) => ID === rule && Status === 'FAIL')),
  );
}
