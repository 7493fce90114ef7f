/**
 * `sluice.sarif`: the findings of all stages in one SARIF 2.1.0 file, a run a tool, in the form that GitHub's code scanning takes.
 * GitHub asks a file for every result. What has none (a package of an image, a URL) gets a path of its own below the stage's name, and
 * says in logicalLocations and webRequest what it really is.
 */
import { gzipSync } from 'node:zlib';
import { fingerprintName, property } from '../baseline.ts';
import type { Finding, JudgedFinding, Severity, StageName, StageResult, Verdict, WaivedFinding } from '../model.ts';
import { otherSightings } from '../reason.ts';
import { countBySeverity, rank, worstFirst } from '../severity.ts';

export interface SarifOptions {
  /** Most results in the file. Default: 25,000, GitHub's limit. */
  most?: number;
  /** Most bytes of the compressed file. Default: 10 MB, GitHub's limit. */
  mostBytes?: number;
}

/** One finding as it goes into the file. */
interface Entry {
  stage: StageName;
  finding: JudgedFinding;
  waived?: WaivedFinding;
}

/** The file's text. Where it would be too large, the least severe findings are left out, and a notification in their run counts them. */
export function sarif(verdict: Verdict, { most = 25_000, mostBytes = 10_000_000 }: SarifOptions = {}): string {
  const all = entries(verdict);
  let kept = Math.min(all.length, most);
  for (;;) {
    const text = render(verdict, all.slice(0, kept), all.slice(kept));
    const size = text.length > mostBytes ? gzipSync(text).length : text.length;
    if (size <= mostBytes || kept === 0) return text;
    kept = Math.min(kept - 1, Math.floor((kept * mostBytes * 0.95) / size));
  }
}

/** All findings, the worst first. */
function entries(verdict: Verdict): Entry[] {
  const all: Entry[] = [
    ...verdict.stages.flatMap(({ stage, findings }) => findings.map((finding) => ({ stage, finding }))),
    ...verdict.waived.map((waived) => ({ stage: waived.stage, finding: waived.finding, waived })),
  ];
  return all.sort((a, b) => worstFirst(a.finding, b.finding));
}

function render(verdict: Verdict, kept: Entry[], cut: Entry[]): string {
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: toolsOf(verdict, [...kept, ...cut]).map(({ tool, stages }) =>
      run(
        verdict,
        tool,
        stages,
        kept.filter(({ finding }) => finding.tool === tool),
        cut.filter(({ finding }) => finding.tool === tool),
      ),
    ),
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

/** Every tool that found something, and the tool of every stage that ran: a run without results closes the alerts of the run before. */
function toolsOf(verdict: Verdict, all: Entry[]): { tool: string; stages: StageResult[] }[] {
  const tools = new Map<string, Set<StageName>>();
  const add = (tool: string, stage: StageName) => {
    if (!tools.has(tool)) tools.set(tool, new Set());
    tools.get(tool)!.add(stage);
  };
  for (const { stage, finding } of all) add(finding.tool, stage);
  for (const { stage, tool, findings, status } of verdict.stages) {
    if (status === 'absent' || status === 'not run') continue;
    if (findings.length === 0 && !all.some((one) => one.stage === stage)) add(tool?.toLowerCase() ?? stage, stage);
  }
  return [...tools]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([tool, names]) => ({
      tool,
      stages: verdict.stages.filter(({ stage }) => names.has(stage)),
    }));
}

function run(verdict: Verdict, tool: string, stages: StageResult[], kept: Entry[], cut: Entry[]) {
  const rules = rulesOf(kept);
  const fixed = (verdict.baseline?.fixed ?? []).filter((one) => one.tool === tool);
  const positions = new Map(rules.map(({ id }, i) => [id, i]));
  const versions = [
    ...new Set(stages.filter((one) => one.tool?.toLowerCase() === tool).flatMap(({ version }) => version ?? [])),
  ];
  return {
    tool: { driver: { name: tool, ...(versions.length === 1 && { version: versions[0] }), rules } },
    automationDetails: { id: `sluice/${tool}/` },
    originalUriBaseIds: { [root]: { description: { text: 'The root of the judged source' } } },
    invocations: stages.map((one, i) => invocation(one, i === 0 ? cut : [])),
    results: kept.map((entry) => result(entry, positions.get(ruleId(entry))!)),
    columnKind: 'utf16CodeUnits',
    properties: {
      [property.verdict]: verdict.status,
      ...(cut.length > 0 && { [property.leftOut]: cut.length }),
      // Not as results with baselineState "absent": GitHub would open an alert for each.
      ...(fixed.length > 0 && { 'sluice/fixed': fixed }),
    },
  };
}

const root = '%SRCROOT%';

function invocation({ stage, status, reason, startedAt, durationMs }: StageResult, cut: Entry[]) {
  const end = startedAt !== undefined && durationMs !== undefined ? Date.parse(startedAt) + durationMs : NaN;
  const notifications = [
    ...(status === 'broken' ? [{ level: 'error', message: { text: `${stage} is broken: ${reason}` } }] : []),
    ...(cut.length > 0 ? [{ level: 'warning', message: { text: leftOutText(cut) } }] : []),
  ];
  return {
    executionSuccessful: status !== 'broken',
    ...(startedAt !== undefined &&
      !Number.isNaN(Date.parse(startedAt)) && { startTimeUtc: new Date(startedAt).toISOString() }),
    ...(!Number.isNaN(end) && { endTimeUtc: new Date(end).toISOString() }),
    ...(notifications.length > 0 && { toolExecutionNotifications: notifications }),
    properties: { [property.stage]: stage, 'sluice/status': status },
  };
}

function leftOutText(cut: Entry[]): string {
  const counts = countBySeverity(cut.map(({ finding }) => finding));
  const words = Object.entries(counts).map(([severity, count]) => `${count} ${severity}`);
  return `This file has no room for ${cut.length} findings (${words.join(', ')}); the tool's own report has them`;
}

/** What these stages find is a weakness; what the others find is a mistake. */
const mistakes: readonly string[] = ['lint', 'typecheck', 'test', 'build'];

/** GitHub shows critical from 9.0, high from 7.0, medium from 4.0, low below. What has no known severity ranks with high. */
const scores: Record<Severity, string> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '2.0',
  info: '0.0',
  unknown: '8.0',
};
const levels: Record<Severity, 'error' | 'warning' | 'note'> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  info: 'note',
  unknown: 'error',
};

/** An id must not be empty. */
function ruleId({ finding }: Entry): string {
  return finding.rule || 'unnamed rule';
}

/** GitHub takes 20 tags a rule at most. */
const mostTags = 20;

function rulesOf(kept: Entry[]) {
  const groups = new Map<string, Entry[]>();
  for (const entry of kept) {
    const id = ruleId(entry);
    const group = groups.get(id);
    if (group) group.push(entry);
    else groups.set(id, [entry]);
  }
  return [...groups].map(([id, group]) => {
    const findings = group.map(({ finding }) => finding);
    const worst = findings.reduce((a, b) => (rank(b.severity) < rank(a.severity) ? b : a));
    const page = findings.find((one) => one.help !== undefined && URL.canParse(one.help))?.help;
    const help = page && new URL(page).href;
    const weakness = group.some(({ stage }) => !mistakes.includes(stage));
    const cwe = [...new Set(findings.flatMap((one) => one.cwe ?? []))].sort((a, b) => a - b);
    const tags = [
      ...(weakness ? ['security'] : []),
      ...cwe.map((n) => `external/cwe/cwe-${String(n).padStart(3, '0')}`),
    ];
    const first = shortened(worst.message.split('\n')[0]!, 250) || id;
    return {
      id,
      shortDescription: { text: shortened(`${id}: ${first}`, 250) },
      fullDescription: { text: shortened(worst.message, 1000) || id },
      ...(help !== undefined && { helpUri: help }),
      help: { text: help === undefined ? first : `${first}\n\n${help}` },
      defaultConfiguration: { level: levels[worst.severity] },
      properties: {
        ...(tags.length > 0 && { tags: tags.slice(0, mostTags) }),
        ...(weakness && { 'security-severity': scores[worst.severity] }),
      },
    };
  });
}

function result(entry: Entry, ruleIndex: number) {
  const { stage, finding, waived } = entry;
  const { severity, toolSeverity, package: pack, http, location, fingerprint, baseline, alsoFoundBy } = finding;
  return {
    ruleId: ruleId(entry),
    ruleIndex,
    level: levels[severity],
    message: { text: shortened(wording(finding), 2000) },
    locations: [place(stage, finding)],
    partialFingerprints: {
      // GitHub makes this one itself from the lines of the file, where there is a file.
      ...(location === undefined && { primaryLocationLineHash: fingerprint }),
      [fingerprintName]: fingerprint,
    },
    ...(baseline !== undefined && { baselineState: baseline === 'new' ? 'new' : 'unchanged' }),
    ...(waived && { suppressions: [suppression(waived)] }),
    ...(http && { webRequest: { protocol: 'http', ...(http.method && { method: http.method }), target: http.url } }),
    properties: {
      [property.stage]: stage,
      'sluice/severity': severity,
      ...(!mistakes.includes(stage) && { 'security-severity': scores[severity] }),
      ...(toolSeverity !== undefined && { 'sluice/toolSeverity': toolSeverity }),
      ...(pack && { 'sluice/package': pack }),
      ...(finding.suppressed && { 'sluice/suppressedByTool': true }),
      ...(alsoFoundBy && { [property.alsoFoundBy]: alsoFoundBy }),
    },
  };
}

function wording(finding: JudgedFinding): string {
  const { message, package: pack, http } = finding;
  const others = otherSightings(finding);
  const about = pack
    ? `${pack.name}${pack.version && ` ${pack.version}`}${pack.fixedIn ? ` (fixed in ${pack.fixedIn})` : ''}`
    : http && `${http.method} ${http.url}`.trim();
  return `${about ? `${about}: ${message}` : message || 'no message'}${others ? ` (${others})` : ''}`;
}

function place(stage: StageName, { location, package: pack, http }: Finding) {
  const logical = http
    ? { fullyQualifiedName: `${http.method} ${http.url}`.trim(), kind: 'resource' }
    : pack && { fullyQualifiedName: `${pack.name}@${pack.version}`, kind: 'package' };
  return {
    physicalLocation: {
      artifactLocation: location ? fileUri(location.path) : { uri: `${stage}/${standIn(pack, http)}`, uriBaseId: root },
      region: {
        startLine: Math.max(1, location?.line ?? 1),
        ...(location?.line !== undefined &&
          location.column !== undefined && { startColumn: Math.max(1, location.column) }),
      },
    },
    ...(logical && { logicalLocations: [logical] }),
  };
}

/** Half a character, which tools make of broken names, has no code in a URI. */
function uriPath(parts: string[]): string {
  return parts.map((part) => encodeURIComponent(part.replace(/\p{Surrogate}/gu, '\uFFFD'))).join('/');
}

/** A path outside the judged source is absolute. */
function fileUri(path: string): { uri: string; uriBaseId?: string } {
  const encoded = uriPath(path.split('/'));
  if (path.startsWith('/')) return { uri: `file://${encoded}` };
  if (/^[A-Za-z]:\//.test(path)) return { uri: `file:///${encoded.replace('%3A', ':')}` };
  return { uri: encoded, uriBaseId: root };
}

/** The path below the stage's name that stands for what has no file. */
function standIn(pack: Finding['package'], http: Finding['http']): string {
  if (http) {
    const { hostname, pathname } = URL.canParse(http.url) ? new URL(http.url) : { hostname: '', pathname: http.url };
    return uriPath([hostname, ...pathname.split('/')].filter(Boolean)) || 'root';
  }
  return pack ? uriPath(pack.name.split('/')) : 'result';
}

function suppression({ waiver, owner, reason, expires }: WaivedFinding) {
  return {
    kind: 'external',
    status: 'accepted',
    justification: `${reason} (waiver ${waiver} of ${owner}, until ${expires})`,
  };
}

function shortened(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, '')}…` : text;
}
