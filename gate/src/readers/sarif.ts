/**
 * Reads SARIF 2.1.0 of any tool. A result is one finding, at the first of its locations. Results that say that a rule was kept
 * (`kind: pass`, `notApplicable`) or that something is gone (`baselineState: absent`) are none.
 * A run that failed, that reports an error of its own, or whose results lie elsewhere breaks the reading.
 */
import { z } from 'zod';
import type { Finding, Severity } from '../model.ts';
import { weaknesses } from './cwe.ts';
import { type Reader, type ReadOptions, sourcePath } from './reader.ts';
import { UnreadableReport } from './report.ts';

const text = z.string().optional();
const index = z.int().optional();
const anything = z.unknown().optional();
const bag = z.object({ 'security-severity': anything, tags: anything, cwe: anything }).optional();
const level = z.enum(['none', 'note', 'warning', 'error']).optional();
const message = z.object({ text, markdown: text, id: text, arguments: z.array(z.string()).optional() });

const artifactLocation = z.object({ uri: text, uriBaseId: text, index });
const componentReference = z.object({ name: text, index, guid: text }).optional();
const location = z.object({
  physicalLocation: z
    .object({
      artifactLocation: artifactLocation.optional(),
      region: z.object({ startLine: index, startColumn: index }).optional(),
    })
    .optional(),
});

const rule = z.object({
  id: z.string(),
  guid: text,
  name: text,
  helpUri: text,
  defaultConfiguration: z.object({ level }).optional(),
  messageStrings: z.record(z.string(), message).optional(),
  shortDescription: message.optional(),
  properties: bag,
  relationships: z.array(z.object({ target: z.object({ id: text, toolComponent: componentReference }) })).optional(),
});
type Rule = z.output<typeof rule>;

const component = z.object({
  name: z.string(),
  guid: text,
  version: text,
  semanticVersion: text,
  rules: z.array(rule).optional(),
  globalMessageStrings: z.record(z.string(), message).optional(),
});

const result = z.object({
  ruleId: text,
  ruleIndex: index,
  rule: z.object({ id: text, index, guid: text, toolComponent: componentReference }).optional(),
  kind: z.enum(['notApplicable', 'pass', 'fail', 'review', 'open', 'informational']).optional(),
  level,
  message: message.optional(),
  locations: z.array(location).optional(),
  suppressions: z.array(z.object({ status: text })).optional(),
  baselineState: text,
  taxa: z.array(z.object({ id: text, toolComponent: componentReference })).optional(),
  webRequest: z.object({ method: text, target: text }).optional(),
  properties: bag,
});
type Result = z.output<typeof result>;

const notification = z.object({ level, message: message.optional() });
const run = z.object({
  tool: z.object({ driver: component, extensions: z.array(component).optional() }),
  invocations: z
    .array(
      z.object({
        executionSuccessful: z.boolean(),
        startTimeUtc: text,
        exitCodeDescription: text,
        toolExecutionNotifications: z.array(notification).optional(),
        toolConfigurationNotifications: z.array(notification).optional(),
      }),
    )
    .optional(),
  originalUriBaseIds: z.record(z.string(), artifactLocation).optional(),
  artifacts: z
    .array(z.object({ location: artifactLocation.optional(), roles: z.array(z.string()).optional() }))
    .optional(),
  results: z.array(result).nullish(),
  externalPropertyFileReferences: z.object({ results: z.array(z.unknown()).optional() }).optional(),
});
type Run = z.output<typeof run>;

const log = z.object({
  version: z.literal('2.1.0'),
  runs: z.array(run),
  inlineExternalProperties: z.array(z.object({ results: z.array(z.unknown()).optional() })).optional(),
});

export const sarif: Reader = {
  format: 'sarif',
  title: 'SARIF 2.1.0',

  recognises(report) {
    const value = report.jsonIfAny();
    return typeof value === 'object' && value !== null && 'runs' in value && ('version' in value || '$schema' in value);
  },

  read(report, options) {
    const value = report.json();
    if (
      typeof value === 'object' &&
      value !== null &&
      'runs' in value &&
      'version' in value &&
      value.version !== '2.1.0'
    ) {
      throw new UnreadableReport(`${report.fileName} is SARIF ${JSON.stringify(value.version)}; 2.1.0 is read`);
    }
    const { runs, inlineExternalProperties = [] } = report.shaped(log, this.title);
    const broken = inlineExternalProperties.some(({ results }) => results !== undefined)
      ? 'its results are in inlineExternalProperties, which are not read'
      : runs.length === 0
        ? 'a SARIF file without a run'
        : runs.map(distrust).find((one) => one !== undefined);
    const tools = [...new Set(runs.map(toolName))];
    const versions = [...new Set(runs.map(({ tool }) => tool.driver.semanticVersion ?? tool.driver.version))];
    const begun = runs
      .flatMap(({ invocations = [] }) => invocations.flatMap(({ startTimeUtc }) => startTimeUtc ?? []))
      .sort()[0];
    const silenced = runs
      .flatMap(({ results }) => results ?? [])
      .filter(({ kind }) => kind === 'pass' || kind === 'notApplicable');
    return {
      format: this.format,
      tool: tools.join(', ') || 'sarif',
      ...(versions.length === 1 && versions[0] !== undefined && { version: versions[0] }),
      ...(begun !== undefined && !Number.isNaN(Date.parse(begun)) && { startedAt: new Date(begun).toISOString() }),
      findings: runs.flatMap((one) => findings(one, options)),
      evidence: [
        { kind: 'files', count: runs.reduce((total, one) => total + files(one), 0) },
        { kind: 'rules', count: runs.reduce((total, one) => total + rulesOf(one).length, 0) },
        ...(silenced.length > 0 ? [{ kind: 'results without a finding', count: silenced.length }] : []),
      ],
      ...(broken !== undefined && { broken }),
    };
  },
};

function toolName({ tool }: Run): string {
  return tool.driver.name.toLowerCase();
}

function rulesOf({ tool }: Run): Rule[] {
  return [tool.driver, ...(tool.extensions ?? [])].flatMap(({ rules = [] }) => rules);
}

/** Why a run can't be the whole story. */
function distrust(one: Run): string | undefined {
  const name = one.tool.driver.name;
  const invocations = one.invocations ?? [];
  const errors = invocations
    .flatMap((each) => [...(each.toolExecutionNotifications ?? []), ...(each.toolConfigurationNotifications ?? [])])
    .filter((each) => each.level === 'error');
  const failed = invocations.find(({ executionSuccessful }) => !executionSuccessful);
  if (failed || errors.length > 0) {
    const said = errors[0]?.message?.text ?? failed?.exitCodeDescription;
    return `${name} says itself that it ${failed ? 'failed' : 'met an error'}${said ? `: ${said.split('\n')[0]}` : ''}`;
  }
  if (one.externalPropertyFileReferences?.results) return `the results of ${name} lie in another file`;
  return one.results ? undefined : `${name} reports no results at all, not even none: it did not scan`;
}

/** The files that the run lists, or at least those that it found something in. */
function files(one: Run): number {
  const listed = (one.artifacts ?? []).filter(({ roles }) => !roles?.length || roles.includes('analysisTarget'));
  const hit = new Set(
    (one.results ?? []).flatMap((each) => {
      const place = artifactOf(each, one);
      return place?.uri === undefined ? [] : `${place.uriBaseId ?? ''} ${place.uri}`;
    }),
  );
  return Math.max(listed.length, hit.size);
}

function findings(one: Run, options: ReadOptions): Finding[] {
  const rules = ruleFinder(one);
  return (one.results ?? [])
    .filter(({ kind, baselineState }) => kind !== 'pass' && kind !== 'notApplicable' && baselineState !== 'absent')
    .map((each) => finding(each, rules(each), one, options));
}

function finding(of: Result, its: Rule | undefined, one: Run, options: ReadOptions): Finding {
  const path = pathOf(artifactOf(of, one), one);
  const isUrl = path !== undefined && /^https?:/i.test(path);
  const region = of.locations?.[0]?.physicalLocation?.region;
  const url = isUrl ? path : of.webRequest?.target;
  return {
    tool: toolName(one),
    rule: of.ruleId ?? of.rule?.id ?? its?.id ?? 'unnamed rule',
    ...severityOf(of, its),
    message: wording(of, its, one),
    ...(path !== undefined &&
      !isUrl && {
        location: {
          path: sourcePath(path, options),
          ...(region?.startLine !== undefined && region.startLine > 0 && { line: region.startLine }),
          ...(region?.startColumn !== undefined && region.startColumn > 0 && { column: region.startColumn }),
        },
      }),
    ...(url !== undefined && { http: { method: of.webRequest?.method ?? '', url } }),
    ...weaknesses([...weaknessTexts(its), ...taxa(of.taxa)]),
    ...(its?.helpUri && { help: its.helpUri }),
    ...(isSuppressed(of) && { suppressed: true }),
  };
}

/** Rules stand in the driver or in an extension, and results point at them by index, by id, or by the beginning of an id ("CA1000/1"). */
function ruleFinder({ tool }: Run): (of: Result) => Rule | undefined {
  const components = [tool.driver, ...(tool.extensions ?? [])];
  const byId = new Map<string, Rule>();
  for (const one of components.toReversed().flatMap(({ rules = [] }) => rules.toReversed())) {
    byId.set(one.id, one);
    if (one.guid !== undefined) byId.set(one.guid, one);
  }
  return ({ ruleId, ruleIndex, rule: reference }) => {
    const of = reference?.toolComponent;
    const home =
      of?.index !== undefined && of.index >= 0
        ? tool.extensions?.[of.index]
        : of?.guid !== undefined || of?.name !== undefined
          ? components.find(({ guid, name }) => (of.guid !== undefined ? guid === of.guid : name === of.name))
          : tool.driver;
    const at = reference?.index ?? ruleIndex;
    const pointed = at !== undefined && at >= 0 ? home?.rules?.[at] : undefined;
    const id = ruleId ?? reference?.id;
    return (
      pointed ??
      byId.get(id ?? reference?.guid ?? '') ??
      (id === undefined ? undefined : byId.get(id.replace(/\/[^/]*$/, '')))
    );
  };
}

const byLevel: Record<NonNullable<z.output<typeof level>>, Severity> = {
  error: 'high',
  warning: 'medium',
  note: 'low',
  none: 'info',
};

/** GitHub's `security-severity` (a CVSS score) says more than the level; the standard's default level is "warning". */
function severityOf(of: Result, its: Rule | undefined): Pick<Finding, 'severity' | 'toolSeverity'> {
  const score = Number(of.properties?.['security-severity'] ?? its?.properties?.['security-severity'] ?? NaN);
  const toFail = of.kind === undefined || of.kind === 'fail';
  const word = of.level ?? (toFail ? (its?.defaultConfiguration?.level ?? 'warning') : 'none');
  if (!Number.isNaN(score)) {
    const severity = score >= 9 ? 'critical' : score >= 7 ? 'high' : score >= 4 ? 'medium' : score > 0 ? 'low' : 'info';
    return { severity, toolSeverity: `${word}, ${score}` };
  }
  // What a person must still look at has no severity yet.
  if (of.kind === 'open' || of.kind === 'review') return { severity: 'unknown', toolSeverity: of.kind };
  return { severity: byLevel[word], toolSeverity: word };
}

function wording(of: Result, its: Rule | undefined, { tool }: Run): string {
  const id = of.message?.id;
  const from = id === undefined ? undefined : (its?.messageStrings?.[id] ?? tool.driver.globalMessageStrings?.[id]);
  const said =
    of.message?.text ?? from?.text ?? of.message?.markdown ?? its?.shortDescription?.text ?? its?.name ?? 'no message';
  const values = of.message?.arguments;
  return (values ? said.replace(/\{(\d+)\}/g, (whole, n: string) => values[Number(n)] ?? whole) : said).trim();
}

function weaknessTexts(its: Rule | undefined): string[] {
  const { tags, cwe } = its?.properties ?? {};
  const words = [tags, cwe].flat().filter((one) => typeof one === 'string');
  return [...words, ...taxa(its?.relationships?.map(({ target }) => target))];
}

/** References into the CWE taxonomy have the bare number or the full name. */
function taxa(
  references: { id?: string | undefined; toolComponent?: { name?: string | undefined } | undefined }[] = [],
): string[] {
  return references
    .filter(({ toolComponent, id }) => /cwe/i.test(toolComponent?.name ?? '') || /^cwe-/i.test(id ?? ''))
    .flatMap(({ id }) => (id === undefined ? [] : `CWE-${id.replace(/^cwe-/i, '')}`));
}

/** Suppressed unless the suppression still waits for a decision or was turned down. */
function isSuppressed({ suppressions = [] }: Result): boolean {
  return suppressions.length > 0 && suppressions.every(({ status }) => status === undefined || status === 'accepted');
}

type Place = z.output<typeof artifactLocation>;

function artifactOf(of: Result, { artifacts }: Run): Place | undefined {
  const place = of.locations?.[0]?.physicalLocation?.artifactLocation;
  if (place?.uri !== undefined || place?.index === undefined || place.index < 0) return place;
  return artifacts?.[place.index]?.location ?? place;
}

/** The URI, resolved against its bases as far as the file names them, as a path. */
function pathOf(place: Place | undefined, { originalUriBaseIds = {} }: Run): string | undefined {
  if (place?.uri === undefined) return undefined;
  let { uri, uriBaseId } = place;
  for (let steps = 0; uriBaseId !== undefined && !/^[a-z][a-z+.-]+:|^\//i.test(uri) && steps < 10; steps += 1) {
    const base: Place | undefined = originalUriBaseIds[uriBaseId];
    if (base?.uri) uri = `${base.uri.replace(/\/?$/, '/')}${uri}`;
    uriBaseId = base?.uriBaseId;
  }
  if (/^https?:/i.test(uri)) return uri;
  const path = uri.replace(/^file:\/\/(?:localhost)?(?=\/)/i, '').replace(/^\/(?=[A-Za-z]:\/)/, '');
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
