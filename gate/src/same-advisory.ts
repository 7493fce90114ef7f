/**
 * One advisory in one package and version, reported by two tools, is one finding: it is shown once and names both. Nothing else is merged,
 * and no stage's status rests on it.
 */
import { type Finding, type JudgedFinding, type Sighting, type StageName, stageNames } from './model.ts';
import { compare, rank, worstFirst } from './severity.ts';

/** What one stage reported. */
export interface Reported {
  stage: StageName;
  finding: JudgedFinding;
}

/**
 * The findings that are shown, each under the stage that gave it the worst severity, the others named in `alsoFoundBy`. What one tool
 * reports several times (the same package in two folders) stays several: an advisory is shown as often as the tool that has it most often.
 */
export function mergeSameAdvisories<Item extends Reported>(all: readonly Item[]): Item[] {
  const shown = new Map<Item, Item | undefined>();
  for (const group of sameAdvisories(all)) {
    for (const same of sideBySide(group)) {
      const [first, ...others] = same.toSorted(mostSerious) as [Item, ...Item[]];
      if (others.length === 0) continue;
      for (const other of others) shown.set(other, undefined);
      shown.set(first, { ...first, finding: { ...first.finding, alsoFoundBy: others.map(sighting) } });
    }
  }
  return all.flatMap((item) => (shown.has(item) ? (shown.get(item) ?? []) : item));
}

/** The findings about one package and version that share a name of the advisory, be it by way of a third. */
function sameAdvisories<Item extends Reported>(all: readonly Item[]): Item[][] {
  const leader = new Map<string, string>();
  const leaderOf = (name: string): string => {
    let last = name;
    for (let next = leader.get(last); next !== undefined && next !== last; next = leader.get(last)) last = next;
    leader.set(name, last);
    return last;
  };
  const named = all.flatMap((item) => {
    const names = identities(item.finding);
    return names.length > 0 ? [{ item, names }] : [];
  });
  for (const { names } of named) for (const name of names) leader.set(leaderOf(name), leaderOf(names[0]!));
  const groups = new Map<string, Item[]>();
  for (const { item, names } of named) {
    const key = leaderOf(names[0]!);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()];
}

/** The public names of an advisory, each together with the package and version: a tool's own rule names nothing beyond the tool. */
function identities({ rule, aliases = [], package: pack, suppressed = false }: Finding): string[] {
  if (!pack?.version) return [];
  return [rule, ...aliases]
    .filter((name) => /^(CVE-\d{4}-\d+|GHSA(-[\da-z]{4}){3})$/i.test(name))
    .map((name) => JSON.stringify([name.toUpperCase(), pack.name, pack.version, suppressed]));
}

/** The first finding of each source beside the first of the others, the second beside the second, and so on. */
function sideBySide<Item extends Reported>(group: Item[]): Item[][] {
  const sources = new Map<string, Item[]>();
  for (const item of group) {
    const source = JSON.stringify([item.stage, item.finding.tool]);
    const own = sources.get(source);
    if (own) own.push(item);
    else sources.set(source, [item]);
  }
  if (sources.size === 1) return [];
  const columns = [...sources.values()].map((own) => {
    return own.toSorted((a, b) => worstFirst(a.finding, b.finding));
  });
  const longest = Math.max(...columns.map(({ length }) => length));
  return Array.from({ length: longest }, (_, i) => columns.flatMap((column) => column[i] ?? []));
}

function mostSerious(a: Reported, b: Reported): number {
  return (
    rank(a.finding.severity) - rank(b.finding.severity) ||
    stageNames.indexOf(a.stage) - stageNames.indexOf(b.stage) ||
    compare(a.finding.tool, b.finding.tool)
  );
}

function sighting({ stage, finding: { tool, rule, severity, fingerprint } }: Reported): Sighting {
  return { stage, tool, rule, severity, fingerprint };
}
