/**
 * Reads CycloneDX JSON 1.4 to 1.7: the components are the evidence, the vulnerabilities, where the document lists any, the findings,
 * one for each component that a vulnerability affects.
 */
import { z } from 'zod';
import { type Finding, type Reading, severities, type Severity } from '../model.ts';
import type { Reader } from './reader.ts';
import { UnreadableReport } from './report.ts';

const text = z.string().nullish();

/** Components may contain components. */
const component = z.object({
  type: z.string(),
  'bom-ref': text,
  group: text,
  name: z.string(),
  version: text,
  properties: z.array(z.object({ name: text, value: text })).nullish(),
  get components() {
    return z.array(component).nullish();
  },
});
type Component = z.output<typeof component>;

const vulnerability = z.object({
  id: text,
  source: z.object({ name: text, url: text }).nullish(),
  ratings: z.array(z.object({ severity: text, score: z.number().nullish() })).nullish(),
  cwes: z.array(z.int()).nullish(),
  description: text,
  detail: text,
  recommendation: text,
  advisories: z.array(z.object({ url: text })).nullish(),
  analysis: z.object({ state: text, justification: text, detail: text }).nullish(),
  affects: z.array(z.object({ ref: z.string(), versions: z.array(z.object({ version: text })).nullish() })).nullish(),
});
type Vulnerability = z.output<typeof vulnerability>;

const tool = z.object({ name: text, version: text, group: text, vendor: text });
const bom = z.object({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.string(),
  metadata: z
    .object({
      timestamp: text,
      /** A list until 1.4, components and services from 1.5 on. */
      tools: z.union([z.array(tool), z.object({ components: z.array(tool).nullish() })]).nullish(),
      component: component.nullish(),
    })
    .nullish(),
  components: z.array(component).nullish(),
  vulnerabilities: z.array(vulnerability).nullish(),
});

const known = ['1.4', '1.5', '1.6', '1.7'];

export const cyclonedx: Reader = {
  format: 'cyclonedx',
  title: 'CycloneDX JSON (1.4 to 1.7)',

  recognises(report) {
    const value = report.jsonIfAny();
    return typeof value === 'object' && value !== null && 'bomFormat' in value && value.bomFormat === 'CycloneDX';
  },

  read(report) {
    const document = report.shaped(bom, this.title);
    if (!known.includes(document.specVersion)) {
      throw new UnreadableReport(
        `${report.fileName} is CycloneDX ${document.specVersion}; ${known.join(', ')} are read`,
      );
    }
    const { metadata } = document;
    const components = flat(document.components ?? []);
    const tools = Array.isArray(metadata?.tools) ? metadata.tools : (metadata?.tools?.components ?? []);
    const maker = tools[0];
    const byRef = new Map<string, Component>();
    for (const one of [...flat(metadata?.component ? [metadata.component] : []), ...components]) {
      if (one['bom-ref']) byRef.set(one['bom-ref'], one);
    }
    const name = maker?.name?.toLowerCase() ?? 'cyclonedx';
    return {
      format: this.format,
      tool: name,
      ...(maker?.version && { version: maker.version }),
      ...(metadata?.timestamp &&
        !Number.isNaN(Date.parse(metadata.timestamp)) && { startedAt: new Date(metadata.timestamp).toISOString() }),
      ...scannedImage(metadata?.component),
      findings: (document.vulnerabilities ?? []).flatMap((one) => findings(name, one, byRef)),
      evidence: [
        { kind: 'components', count: components.length },
        ...[...new Set(components.map(({ type }) => type))].sort().map((type) => ({
          kind: `${type} components`,
          count: components.filter((one) => one.type === type).length,
        })),
      ],
    };
  },
};

/** Trivy says of which image its document is. */
function scannedImage(one: Component | null | undefined): Pick<Reading, 'scannedImage'> {
  if (one?.type !== 'container') return {};
  const valuesOf = (name: string) =>
    (one.properties ?? []).flatMap((each) =>
      each.name === `aquasecurity:trivy:${name}` && each.value ? each.value : [],
    );
  const [id] = valuesOf('ImageID');
  return { scannedImage: { name: one.name, ...(id !== undefined && { id }), digests: valuesOf('RepoDigest') } };
}

function flat(components: Component[]): Component[] {
  const all: Component[] = [];
  const left = [...components].reverse();
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    all.push(one);
    for (const part of (one.components ?? []).toReversed()) left.push(part);
  }
  return all;
}

/** States that take a vulnerability out of the count in a tool's own way. */
const dismissed = ['resolved', 'resolved_with_pedigree', 'not_affected', 'false_positive'];

function findings(tool: string, one: Vulnerability, byRef: Map<string, Component>): Finding[] {
  const state = one.analysis?.state ?? '';
  const rule = one.id ?? 'vulnerability';
  const help = one.source?.url ?? one.advisories?.find(({ url }) => url)?.url;
  const fixed = /\bversions? (\d\S*?)[.,;]?(?:\s|$)/i.exec(one.recommendation ?? '')?.[1];
  const said = (one.description ?? one.detail ?? rule).trim().split('\n')[0]!;
  const reason = [state.replaceAll('_', ' '), one.analysis?.justification?.replaceAll('_', ' '), one.analysis?.detail];
  const common: Finding = {
    tool,
    rule,
    ...worst(one),
    message: dismissed.includes(state) ? `${said} (${reason.filter(Boolean).join(': ')})` : said,
    ...(one.cwes && one.cwes.length > 0 && { cwe: [...new Set(one.cwes)] }),
    ...(help && { help }),
    ...(dismissed.includes(state) && { suppressed: true }),
  };
  if (!one.affects || one.affects.length === 0) return [common];
  return one.affects.map(({ ref, versions }) => {
    const affected = byRef.get(ref) ?? byRef.get(decodeURIComponentOr(ref.split('#').at(-1)!));
    const name = affected ? [affected.group, affected.name].filter(Boolean).join('/') : ref;
    const version = affected?.version ?? versions?.find((each) => each.version)?.version ?? '';
    return { ...common, package: { name, version, ...(fixed !== undefined && { fixedIn: fixed }) } };
  });
}

/** A reference may point into another document: "urn:cdx:…/1#pkg%3Anpm…". */
function decodeURIComponentOr(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Of several sources' ratings, the worst. */
function worst({ ratings }: Vulnerability): Pick<Finding, 'severity' | 'toolSeverity'> {
  const words = (ratings ?? []).flatMap(({ severity, score }) => severity ?? (score != null ? ofScore(score) : []));
  const order: readonly string[] = severities.filter((one) => one !== 'unknown');
  const known = words.map((word) => (word === 'none' ? 'info' : word)).filter((word) => order.includes(word));
  const severity = order.find((one) => known.includes(one)) as Severity | undefined;
  return { severity: severity ?? 'unknown', ...(words.length > 0 && { toolSeverity: [...new Set(words)].join(', ') }) };
}

/** The bands of CVSS 3 and 4. */
function ofScore(score: number): Severity {
  return score >= 9 ? 'critical' : score >= 7 ? 'high' : score >= 4 ? 'medium' : score > 0 ? 'low' : 'info';
}
