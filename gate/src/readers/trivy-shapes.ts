/** The shapes of Trivy's JSON: what `trivy.ts` takes of a report, and nothing else of it. */
import { z } from 'zod';

const severity = z.enum(['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'UNKNOWN']);
export type TrivySeverity = z.output<typeof severity>;
const text = z.string().optional();
const line = z.int().optional();
function listOf<Item extends z.ZodType>(item: Item) {
  return z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);
}

const vulnerability = z.object({
  VulnerabilityID: z.string(),
  /** The names that others gave it: a GHSA, a Debian advisory. */
  VendorIDs: z.array(z.string()).nullish(),
  PkgID: text,
  PkgName: z.string(),
  PkgPath: text,
  PkgIdentifier: z.object({ UID: text }).nullish(),
  InstalledVersion: text,
  FixedVersion: text,
  Severity: severity.optional(),
  Title: text,
  Description: text,
  CweIDs: z.array(z.string()).nullish(),
  PrimaryURL: text,
});
export type Vulnerability = z.output<typeof vulnerability>;

const misconfiguration = z.object({
  ID: z.string(),
  Title: text,
  Message: text,
  Severity: severity.optional(),
  PrimaryURL: text,
  /** Reports of before 0.20 list failures alone, without a status. */
  Status: z.enum(['PASS', 'FAIL', 'EXCEPTION']).default('FAIL'),
  CauseMetadata: z.object({ StartLine: line }).nullish(),
});
export type Misconfiguration = z.output<typeof misconfiguration>;

const secret = z.object({ RuleID: z.string(), Severity: severity.optional(), Title: text, StartLine: line });
export type Secret = z.output<typeof secret>;

const modified = { Status: z.string(), Statement: text, Source: text };
const modifiedFinding = z.discriminatedUnion('Type', [
  z.object({ ...modified, Type: z.literal('vulnerability'), Finding: vulnerability }),
  z.object({ ...modified, Type: z.literal('misconfiguration'), Finding: misconfiguration }),
  z.object({ ...modified, Type: z.literal('secret'), Finding: secret }),
  z.object({ ...modified, Type: z.literal('license'), Finding: z.unknown() }),
]);
export type Modified = z.output<typeof modifiedFinding>;

const packageEntry = z.object({
  ID: text,
  Identifier: z.object({ UID: text }).nullish(),
  Locations: z.array(z.object({ StartLine: line })).nullish(),
});

const result = z.object({
  Target: z.string().default(''),
  Class: text,
  Type: text,
  Packages: listOf(packageEntry),
  Vulnerabilities: listOf(vulnerability),
  MisconfSummary: z.object({ Successes: z.int(), Failures: z.int() }).nullish(),
  Misconfigurations: listOf(misconfiguration),
  Secrets: listOf(secret),
  Licenses: listOf(z.unknown()).transform((licences) => licences.length),
  ExperimentalModifiedFindings: listOf(modifiedFinding),
});
export type Result = z.output<typeof result>;

const metadata = z.object({
  OS: z.object({ Family: z.string(), Name: text, EOSL: z.boolean().optional() }).nullish(),
  ImageID: text,
  RepoDigests: z.array(z.string()).nullish(),
});

export const scan = z.object({
  SchemaVersion: z.literal(2),
  Trivy: z.object({ Version: text }).nullish(),
  CreatedAt: z.iso.datetime({ offset: true }).optional(),
  ArtifactName: z.string().default(''),
  ArtifactType: text,
  Metadata: metadata.nullish(),
  Results: listOf(result),
});
export type Scan = z.output<typeof scan>;

const resource = z.object({
  Namespace: text,
  Kind: z.string(),
  Name: z.string(),
  Results: listOf(result),
  Error: text,
});
export const cluster = z.object({
  ClusterName: z.string(),
  /** `--report all` and `--report summary`. */
  Resources: listOf(resource),
  Findings: listOf(resource),
});
export type Cluster = z.output<typeof cluster>;
