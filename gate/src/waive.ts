/** Applies the ledger of accepted risks to the findings of one stage, and says what is wrong with the ledger itself. */
import { daysBetween } from './dates.ts';
import type { Finding, JudgedFinding, StageName, WaivedFinding } from './model.ts';
import type { Waiver } from './policy.ts';
import { compare } from './severity.ts';

/** A waiver that is about to end is a warning from so many days before. */
export const warningDays = 14;

export interface Waived {
  /** The findings that no waiver excuses. */
  left: JudgedFinding[];
  waived: WaivedFinding[];
  /** The waivers that name a finding, whether they still hold or not. */
  matched: Set<Waiver>;
  /** Why a waiver that names one of `left` does not excuse it, one line each. */
  lapsed: string[];
}

/** Splits the findings of a stage into those that a waiver excuses on that day (YYYY-MM-DD) and those that are left. */
export function waive(stage: StageName, findings: JudgedFinding[], waivers: Waiver[], day: string): Waived {
  const result: Waived = { left: [], waived: [], matched: new Set(), lapsed: [] };
  const lapsed = new Set<string>();
  for (const finding of findings) {
    const naming = waivers.filter((waiver) => names(waiver, stage, finding));
    for (const waiver of naming) result.matched.add(waiver);
    const holding = naming.filter((waiver) => whyNot(waiver, finding, day) === undefined);
    if (holding.length === 0) {
      result.left.push(finding);
      for (const waiver of naming) lapsed.add(whyNot(waiver, finding, day)!);
    } else {
      result.waived.push(excused(stage, finding, longest(holding)));
    }
  }
  result.lapsed = [...lapsed].sort(compare);
  return result;
}

/** What a person should know about the waivers that are in use or were to be. */
export function waiverWarnings(
  waivers: Waiver[],
  matched: Set<Waiver>,
  judged: (stage?: StageName) => boolean,
  day: string,
): string[] {
  return waivers
    .flatMap((waiver) => {
      const { id, owner, expires } = waiver;
      const left = daysBetween(day, expires);
      if (!matched.has(waiver)) {
        // A stage that left no evidence may have the finding still.
        return judged(waiver.stage) ? [`waiver ${id} (${owner}) is stale: it matches no finding; remove it`] : [];
      }
      if (left < 0) return [`waiver ${id} (${owner}) expired on ${expires}: its findings count again`];
      if (left <= warningDays)
        return [
          `waiver ${id} (${owner}) ${left === 0 ? 'expires today' : `expires in ${left} ${left === 1 ? 'day' : 'days'}, on ${expires}`}`,
        ];
      return [];
    })
    .sort(compare);
}

/** Whether the waiver is about this finding. An advisory goes by each of its names. */
export function names(waiver: Waiver, stage: StageName, finding: Finding): boolean {
  return (
    [finding.rule, ...(finding.aliases ?? [])].includes(waiver.id) &&
    (waiver.stage === undefined || waiver.stage === stage) &&
    (waiver.package === undefined || waiver.package === finding.package?.name) &&
    (waiver.resource === undefined || waiver.resource === finding.resource) &&
    (waiver.path === undefined || covers(waiver.path, finding.location?.path))
  );
}

/** A file, or everything below a folder that ends with a slash. */
function covers(path: string, found: string | undefined): boolean {
  return found !== undefined && (path.endsWith('/') ? found.startsWith(path) : found === path);
}

function whyNot(waiver: Waiver, finding: Finding, day: string): string | undefined {
  if (day > waiver.expires) return `the waiver of ${waiver.id} expired on ${waiver.expires} (${waiver.owner})`;
  if (waiver.until === 'fixed' && finding.package?.fixedIn !== undefined) {
    return `the waiver of ${waiver.id} held until a fix: ${finding.package.name} ${finding.package.fixedIn} is out (${waiver.owner})`;
  }
  return undefined;
}

/** Of several the one that holds longest, whatever their order in the file. */
function longest(waivers: Waiver[]): Waiver {
  return waivers.toSorted((a, b) => compare(b.expires, a.expires) || compare(JSON.stringify(a), JSON.stringify(b)))[0]!;
}

function excused(stage: StageName, finding: JudgedFinding, waiver: Waiver): WaivedFinding {
  const { owner, reason, expires } = waiver;
  return { stage, rule: finding.rule, waiver: waiver.id, owner, reason, expires, finding };
}
