/**
 * Reads ZAP's traditional JSON, with or without requests and responses, of ZAP 2.9 to 2.17.
 * Each instance of an alert is a finding; an alert that ZAP marks as a false positive (confidence 0) is a suppressed one.
 */
import { z } from 'zod';
import type { Finding, Severity } from '../model.ts';
import type { Reader } from './reader.ts';

/** Numbers come as text, and a list of one as the one itself where ZAP made the JSON from XML. */
const number = z.union([
  z.int(),
  z
    .string()
    .regex(/^-?\d+$/)
    .transform(Number),
]);
function oneOrMore<Item extends z.ZodType>(item: Item) {
  return z.union([z.array(item), item.transform((one) => [one])]);
}
const text = z.string().nullish();

const instance = z.object({ uri: z.string(), method: z.string().default(''), param: text, evidence: text });
const alert = z.object({
  pluginid: z.union([z.string(), z.number()]).transform(String),
  alertRef: z.string().optional(),
  alert: z.string().optional(),
  name: z.string().optional(),
  riskcode: number.pipe(z.literal([0, 1, 2, 3])),
  confidence: number,
  riskdesc: text,
  desc: text,
  instances: oneOrMore(instance).optional(),
  count: number.optional(),
  reference: text,
  cweid: z.union([z.string(), z.number()]).nullish(),
});
type Alert = z.output<typeof alert>;

const site = z.object({ '@name': z.string(), alerts: oneOrMore(alert).default([]) });
type Site = z.output<typeof site>;

const insight = z.object({
  level: z.string(),
  site: text,
  key: z.string(),
  description: text,
  statistic: z.union([z.string(), z.number()]).nullish(),
});
type Insight = z.output<typeof insight>;

const scan = z.object({
  '@version': z.string(),
  created: z.string().nullish(),
  insights: z.array(insight).nullish(),
  stoppingInsight: insight.nullish(),
  site: oneOrMore(site),
});

const risks: Record<0 | 1 | 2 | 3, Severity> = { 0: 'info', 1: 'low', 2: 'medium', 3: 'high' };

export const zap: Reader = {
  format: 'zap',
  title: "ZAP's traditional JSON",

  recognises(report) {
    const value = report.jsonIfAny();
    return (
      typeof value === 'object' && value !== null && '@version' in value && ('site' in value || '@programName' in value)
    );
  },

  read(report) {
    const all = report.shaped(scan, this.title);
    const urls = new Set(
      all.site.flatMap((one) => one.alerts.flatMap(({ instances = [] }) => instances.map(({ uri }) => uri))),
    );
    const endpoints = (all.insights ?? []).filter(({ key }) => key === 'insight.endpoint.total').map(value);
    const broken = distrust(all.site, all.insights ?? [], all.stoppingInsight ?? undefined);
    return {
      format: this.format,
      tool: 'zap',
      version: all['@version'],
      ...(all.created && !Number.isNaN(Date.parse(all.created)) && { startedAt: new Date(all.created).toISOString() }),
      findings: all.site.flatMap((one) => one.alerts.flatMap((each) => findings(one, each))),
      evidence: [
        { kind: 'sites', count: all.site.length },
        { kind: 'URLs with alerts', count: urls.size },
        ...(endpoints.length > 0
          ? [{ kind: 'endpoints', count: endpoints.reduce((total, count) => total + count, 0) }]
          : []),
      ],
      ...(broken !== undefined && { broken }),
    };
  },
};

function findings(of: Site, one: Alert): Finding[] {
  const rule = one.alertRef || one.pluginid;
  const cwe = Number(one.cweid ?? 0);
  const description = plain(one.desc ?? '');
  const help = /https?:\/\/[^\s<>"]+/.exec(plain(one.reference ?? ''))?.[0];
  const name = one.name ?? one.alert ?? rule;
  // An alert without instances is about the site.
  const instances: z.output<typeof instance>[] = one.instances?.length
    ? one.instances
    : [{ uri: of['@name'], method: '' }];
  return instances.map(({ uri, method, param, evidence }) => {
    const where = [param && `parameter ${param}`, evidence && `evidence ${evidence}`].filter(Boolean).join(', ');
    return {
      tool: 'zap',
      rule,
      severity: risks[one.riskcode],
      toolSeverity: one.riskdesc || String(one.riskcode),
      message: `${name}${where ? ` (${where})` : ''}${description ? `: ${description}` : ''}`,
      http: { method, url: uri },
      ...(cwe > 0 && { cwe: [cwe] }),
      help: help ?? `https://www.zaproxy.org/docs/alerts/${rule}/`,
      ...(one.confidence === 0 && { suppressed: true }),
    };
  });
}

/** What ZAP itself counts as a sign that it did not reach the target, or could not keep what it saw. */
const unreached = [
  'insight.network.failure',
  'insight.auth.failure',
  'insight.database.full',
  'insight.diskspace.full',
];

function distrust(sites: Site[], insights: Insight[], stopping: Insight | undefined): string | undefined {
  if (sites.length === 0) return 'ZAP reached no site';
  const torn = sites
    .flatMap(({ alerts }) => alerts)
    .find(({ count, instances }) => count !== undefined && count !== (instances?.length ?? 0));
  if (torn) {
    return `ZAP counts ${torn.count} instances of alert ${torn.pluginid}, but lists ${torn.instances?.length ?? 0}`;
  }
  if (stopping) return `ZAP stopped early: ${inWords(stopping)}`;
  const high = insights.find(({ level, key }) => /high/i.test(level) && unreached.includes(key));
  return high && `ZAP did not see the target as it is: ${inWords(high)}`;
}

function inWords(one: Insight): string {
  return `${one.description || one.key}${one.statistic ? ` = ${one.statistic}` : ''}${one.site ? ` on ${one.site}` : ''}`;
}

function value({ statistic }: Insight): number {
  return Number(/\d+/.exec(String(statistic ?? ''))?.[0] ?? 0);
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/** ZAP's paragraphs are HTML; what stays is their text, and whatever renders it must still treat it as such. */
function plain(html: string): string {
  return html
    .replace(/<\/?(?:p|br|ul|li|code|b|i)\b[^<>]*>/gi, ' ')
    .replace(/&(?:#(\d{1,6})|#x([\da-f]{1,5})|(\w+));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return entities[name.toLowerCase()] ?? whole;
      return String.fromCodePoint(decimal === undefined ? parseInt(hex!, 16) : Number(decimal));
    })
    .replace(/\s+/g, ' ')
    .trim();
}
