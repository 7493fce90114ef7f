/**
 * Reads Trivy's JSON (`--format json`) of schema 2: images, file systems, repositories, SBOMs, and clusters (`trivy k8s`).
 * Vulnerabilities, misconfigurations and secrets are findings; licences are only counted. What an ignore file or a VEX document
 * took out is in the report with `--show-suppressed` alone, the packages looked at with `--list-all-pkgs` alone.
 */
import type { Evidence, Finding, Reading, Severity } from '../model.ts';
import { weaknesses } from './cwe.ts';
import { type Reader, type ReadOptions, sourcePath } from './reader.ts';
import { UnreadableReport } from './report.ts';
import {
  cluster,
  type Cluster,
  type Misconfiguration,
  type Modified,
  type Result,
  scan,
  type Scan,
  type Secret,
  type TrivySeverity,
  type Vulnerability,
} from './trivy-shapes.ts';

const ours: Record<TrivySeverity, Severity> = {
  CRITICAL: 'critical',
  HIGH: 'high',
  MEDIUM: 'medium',
  LOW: 'low',
  UNKNOWN: 'unknown',
};

export const trivy: Reader = {
  format: 'trivy',
  title: 'Trivy JSON (schema 2)',

  recognises(report) {
    const value = report.jsonIfAny();
    if (Array.isArray(value)) return isOldList(value);
    if (!isObject(value)) return false;
    return isCluster(value) || ('SchemaVersion' in value && ('ArtifactName' in value || 'Trivy' in value));
  },

  read(report, options): Reading {
    const value = report.json();
    if (Array.isArray(value) && isOldList(value)) {
      throw new UnreadableReport(`${report.fileName} is Trivy JSON of schema 1 (Trivy before 0.20); schema 2 is read`);
    }
    if (!isObject(value)) return readScan(report.shaped(scan, this.title), options);
    if (isCluster(value)) return readCluster(report.shaped(cluster, 'Trivy JSON of a cluster'));
    if ('SchemaVersion' in value && value['SchemaVersion'] !== 2) {
      throw new UnreadableReport(
        `${report.fileName} is Trivy JSON of schema ${JSON.stringify(value['SchemaVersion'])}; schema 2 is read`,
      );
    }
    return readScan(report.shaped(scan, this.title), options);
  },
};

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCluster(value: Record<string, unknown>): boolean {
  return 'ClusterName' in value && !('ArtifactName' in value);
}

function isOldList([first]: unknown[]): boolean {
  return isObject(first) && 'Target' in first && ('Vulnerabilities' in first || 'Type' in first);
}

/** Where the findings of one result lie. */
interface Place {
  /** The path of a file that the tool named. */
  path(named: string): string;
  /** The place of the whole result, where it is one. */
  target: string | undefined;
}

function readScan(of: Scan, options: ReadOptions): Reading {
  const inImage = of.ArtifactType === 'container_image' || of.ArtifactType === 'vm';
  const path = (named: string) => (inImage ? named : sourcePath(named, options));
  const target = (one: Result) => (isFile(one, of.ArtifactName) ? path(one.Target) : undefined);
  const findings = of.Results.flatMap((one) => findingsOf(one, { path, target: target(one) }));
  const os = of.Metadata?.OS ?? undefined;
  if (os?.EOSL) {
    findings.push({
      tool: 'trivy',
      rule: 'end-of-life-os',
      severity: 'high',
      message: `${os.Family} ${os.Name ?? ''} gets no more security updates: its vulnerabilities are no longer listed`,
    });
  }
  const broken = untrustworthy(of.Results) ?? (inImage ? unrecognised(of) : undefined);
  const version = of.Trivy?.Version;
  const id = of.Metadata?.ImageID;
  return {
    format: 'trivy',
    tool: 'trivy',
    ...(version !== undefined && { version }),
    ...(of.CreatedAt !== undefined && { startedAt: of.CreatedAt }),
    findings,
    evidence: [
      ...evidenceOf(of.Results, inImage),
      ...(inImage ? [{ kind: 'operating systems', count: os && os.Family !== 'none' ? 1 : 0 }] : []),
    ],
    ...(of.ArtifactType === 'container_image' && {
      scannedImage: {
        name: of.ArtifactName,
        ...(id !== undefined && { id }),
        digests: of.Metadata?.RepoDigests ?? [],
      },
    }),
    ...(broken && { broken }),
  };
}

/** A cluster's resources have no file: they are named as kubectl does, "default/Deployment/web". */
function readCluster(of: Cluster): Reading {
  const resources = [...of.Resources, ...of.Findings];
  const name = ({ Namespace, Kind, Name }: (typeof resources)[number]) =>
    [Namespace, Kind, Name].filter((part) => part !== undefined && part !== '').join('/');
  const results = resources.flatMap((one) => one.Results);
  const failed = resources.find((one) => one.Error !== undefined && one.Error !== '');
  const broken = failed ? `Trivy could not scan ${name(failed)}: ${failed.Error}` : untrustworthy(results);
  return {
    format: 'trivy',
    tool: 'trivy',
    findings: resources.flatMap((one) =>
      one.Results.flatMap((each) => findingsOf(each, { path: () => name(one), target: name(one) })),
    ),
    evidence: [
      { kind: 'resources', count: resources.filter((one) => one.Results.length > 0).length },
      ...evidenceOf(results, false).filter(({ count }) => count > 0),
    ],
    ...(broken && { broken }),
  };
}

/** Packages of an image or of an installed tree come under a collective name ("Node.js", "debian 12"), each with a path of its own or none. */
const collective = ['node-pkg', 'python-pkg', 'conda-pkg', 'gemspec', 'jar', 'kubernetes'];

function isFile({ Class, Type, Target }: Result, artifact: string): boolean {
  if (Target === '' || Target === artifact || Class === 'os-pkgs' || Class === 'license') return false;
  return Class !== 'lang-pkgs' || !collective.includes(Type ?? '');
}

function findingsOf(one: Result, place: Place): Finding[] {
  const lineOf = linesOf(one);
  return [
    ...one.Vulnerabilities.map((each) => ofVulnerability(each, place, lineOf)),
    ...one.Misconfigurations.filter(({ Status }) => Status !== 'PASS').map((each) => ofMisconfiguration(each, place)),
    ...one.Secrets.map((each) => ofSecret(each, place)),
    ...one.ExperimentalModifiedFindings.flatMap((each) => ofModified(each, place, lineOf)),
  ];
}

/** The line of a lock file at which a package stands; known where the packages are listed. */
function linesOf(one: Result): (of: Vulnerability) => number | undefined {
  const lines = new Map<string, number>();
  for (const { ID, Identifier, Locations } of one.Packages) {
    const start = Locations?.[0]?.StartLine;
    const key = Identifier?.UID ?? ID;
    if (start !== undefined && key !== undefined) lines.set(key, start);
  }
  return ({ PkgIdentifier, PkgID }) => lines.get(PkgIdentifier?.UID ?? PkgID ?? '');
}

function ofVulnerability(one: Vulnerability, place: Place, lineOf: (of: Vulnerability) => number | undefined): Finding {
  const path = one.PkgPath ? place.path(one.PkgPath) : place.target;
  return {
    tool: 'trivy',
    rule: one.VulnerabilityID,
    ...severityOf(one.Severity),
    message: one.Title || firstLine(one.Description) || one.VulnerabilityID,
    ...located(path, lineOf(one)),
    package: {
      name: one.PkgName,
      version: one.InstalledVersion ?? '',
      ...(one.FixedVersion && { fixedIn: one.FixedVersion }),
    },
    ...weaknesses(one.CweIDs),
    ...(one.VendorIDs?.length && { aliases: one.VendorIDs }),
    ...(one.PrimaryURL && { help: one.PrimaryURL }),
  };
}

function ofMisconfiguration(one: Misconfiguration, place: Place): Finding {
  return {
    tool: 'trivy',
    rule: one.ID,
    ...severityOf(one.Severity),
    message: one.Message || one.Title || one.ID,
    ...located(place.target, one.CauseMetadata?.StartLine),
    ...(one.PrimaryURL && { help: one.PrimaryURL }),
    ...(one.Status === 'EXCEPTION' && { suppressed: true }),
  };
}

/** The match stays out of the finding: it may show what the mask left over. */
function ofSecret(one: Secret, place: Place): Finding {
  return {
    tool: 'trivy',
    rule: one.RuleID,
    ...severityOf(one.Severity),
    message: one.Title || one.RuleID,
    ...located(place.target, one.StartLine),
  };
}

/** What .trivyignore or a VEX document took out of the report. */
function ofModified(one: Modified, place: Place, lineOf: (of: Vulnerability) => number | undefined): Finding[] {
  if (one.Type === 'license') return [];
  const finding =
    one.Type === 'vulnerability'
      ? ofVulnerability(one.Finding, place, lineOf)
      : one.Type === 'misconfiguration'
        ? ofMisconfiguration(one.Finding, place)
        : ofSecret(one.Finding, place);
  const why = [one.Status.replaceAll('_', ' '), one.Source && `by ${one.Source}`].filter(Boolean).join(' ');
  const message = `${finding.message} (${why}${one.Statement ? `: ${one.Statement}` : ''})`;
  return [{ ...finding, message, suppressed: true }];
}

function severityOf(word: TrivySeverity = 'UNKNOWN'): Pick<Finding, 'severity' | 'toolSeverity'> {
  return { severity: ours[word], toolSeverity: word };
}

function located(path: string | undefined, at: number | undefined): Pick<Finding, 'location'> {
  return path === undefined ? {} : { location: { path, ...(at !== undefined && at > 0 && { line: at }) } };
}

function firstLine(description: string | undefined): string | undefined {
  return description?.trim().split('\n')[0];
}

/** What was looked at; what decides comes first: an image without packages was not looked at, whatever else was found in it. */
function evidenceOf(results: Result[], inImage: boolean): Evidence[] {
  const ofClass = (...classes: string[]) => results.filter(({ Class }) => classes.includes(Class ?? ''));
  const packages = { kind: 'packages', count: sum(results, packageCount) };
  const files = ofClass('config').filter(wasChecked);
  const configuration = [
    { kind: 'files', count: files.length },
    ...[...new Set(files.map(({ Type }) => Type ?? 'other'))].sort().map((type) => ({
      kind: `${type} files`,
      count: files.filter((one) => (one.Type ?? 'other') === type).length,
    })),
    { kind: 'checks passed', count: sum(files, ({ MisconfSummary }) => MisconfSummary?.Successes ?? 0) },
  ];
  const secrets = { kind: 'files with secrets', count: ofClass('secret').length };
  const rest = [
    { kind: 'OS packages', count: sum(ofClass('os-pkgs'), packageCount) },
    { kind: 'licences', count: sum(results, ({ Licenses }) => Licenses) },
  ].filter(({ count }) => count > 0);
  const looked =
    inImage || ofClass('os-pkgs', 'lang-pkgs').length > 0 ? 'packages' : ofClass('config').length > 0 ? 'files' : '';
  if (looked === 'packages') {
    return [packages, ...[...configuration, secrets].filter(({ count }) => count > 0), ...rest];
  }
  if (looked === 'files') return [...configuration, ...(secrets.count > 0 ? [secrets] : []), ...rest];
  return secrets.count > 0 ? [secrets, ...rest] : [packages, ...rest];
}

/** Without `--list-all-pkgs` only the vulnerable packages show that any were looked at. */
function packageCount({ Packages, Vulnerabilities }: Result): number {
  if (Packages.length > 0) return Packages.length;
  return new Set(Vulnerabilities.map((one) => `${one.PkgName}@${one.InstalledVersion} ${one.PkgPath}`)).size;
}

/** Trivy also lists files of a known type to which none of its checks applied. */
function wasChecked({ MisconfSummary, Misconfigurations }: Result): boolean {
  return MisconfSummary ? MisconfSummary.Successes + MisconfSummary.Failures > 0 : Misconfigurations.length > 0;
}

function untrustworthy(results: Result[]): string | undefined {
  const failures = ({ Misconfigurations }: Result) =>
    Misconfigurations.filter(({ Status }) => Status === 'FAIL').length;
  const torn = results.find((one) => one.MisconfSummary && one.MisconfSummary.Failures !== failures(one));
  if (torn) {
    return `Trivy counts ${torn.MisconfSummary!.Failures} failed checks in ${torn.Target}, but lists ${failures(torn)}`;
  }
  return undefined;
}

/** An image's system packages were looked at only if Trivy knows the system and found its package database. */
function unrecognised({ ArtifactName, Metadata, Results }: Scan): string | undefined {
  const os = Metadata?.OS;
  const system = Results.filter(({ Class }) => Class === 'os-pkgs');
  if (system.some((one) => packageCount(one) > 0)) return undefined;
  if (!os || os.Family === 'none') {
    return `Trivy recognised no operating system in ${ArtifactName}: its system packages were not looked at`;
  }
  const listed = Results.some(({ Packages }) => Packages.length > 0);
  return system.length > 0 && listed
    ? `Trivy found ${os.Family} ${os.Name ?? ''} in ${ArtifactName}, but none of its packages`
    : undefined;
}

function sum<Item>(items: Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
