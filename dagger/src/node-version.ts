/** Which major version of Node a project asks for, and which image of the table answers it. Imports nothing from Dagger. */
import type { ImageName } from './images.ts';
import { Mistake } from './mistake.ts';

const byMajor: Record<number, ImageName> = { 20: 'node20', 22: 'node22', 24: 'node24' };
const majors = Object.keys(byMajor)
  .map(Number)
  .sort((a, b) => b - a);
const defaultMajor = 24;
const codenames: Record<string, number> = { iron: 20, jod: 22, krypton: 24 };

/** What a project says about its Node, each as it stands in the file. */
export interface NodeWishes {
  nvmrc?: string;
  nodeVersion?: string;
  /** `engines.node` of package.json. */
  engines?: string;
}

/**
 * The image for a project: by .nvmrc, else .node-version, else the newest that `engines.node` allows, else Node 24.
 * @throws Mistake where the table has no such version
 */
export function nodeImage(wishes: NodeWishes): ImageName {
  const pinned = [
    ['.nvmrc', wishes.nvmrc],
    ['.node-version', wishes.nodeVersion],
  ].find(([, text]) => text?.trim());
  if (pinned) return answer(pinnedMajor(pinned[1]!.trim()), pinned[0]!, pinned[1]!.trim());
  if (wishes.engines) {
    const newest = majors.find((major) => allows(wishes.engines!, major));
    return answer(newest, 'engines.node of package.json', wishes.engines);
  }
  return byMajor[defaultMajor]!;
}

function answer(major: number | undefined, where: string, wish: string): ImageName {
  const image = major === undefined ? undefined : byMajor[major];
  if (image) return image;
  const known = majors.toSorted((a, b) => a - b).join(', ');
  throw new Mistake(
    `${where} asks for Node "${wish}"; Sluice has Node ${known}: change it, or replace an image with --images`,
  );
}

/** `v22.11.0`, `22`, `lts/jod`, `lts/*`, `node`. */
function pinnedMajor(text: string): number | undefined {
  if (/^(lts\/\*|lts|node|stable|latest)$/.test(text)) return defaultMajor;
  const codename = /^lts\/(\w+)$/.exec(text)?.[1];
  if (codename) return codenames[codename.toLowerCase()];
  const major = /^v?(\d+)/.exec(text)?.[1];
  return major === undefined ? undefined : Number(major);
}

/** Whether a semver range allows the newest release of a major version, which is what the image carries. */
export function allows(range: string, major: number): boolean {
  return range.split('||').some((alternative) => alternativeAllows(alternative.trim(), major));
}

function alternativeAllows(alternative: string, major: number): boolean {
  const hyphen = /^v?(\d+)\S*\s+-\s+v?(\d+)(\S*)$/.exec(alternative);
  if (hyphen) return major >= Number(hyphen[1]) && below(major, Number(hyphen[2]), hyphen[3]!, true);
  // "> = 20" and ">= 20" mean ">=20".
  const comparators = alternative
    .replace(/([<>=~^])\s+/g, '$1')
    .split(/\s+/)
    .filter(Boolean);
  return comparators.every((comparator) => comparatorAllows(comparator, major));
}

function comparatorAllows(comparator: string, major: number): boolean {
  if (/^[*xX]$/.test(comparator)) return true;
  const [, operator, text, rest] = /^([<>]=?|[~^=])?v?(\d+)(\S*)$/.exec(comparator) ?? [];
  if (text === undefined) return false;
  const wanted = Number(text);
  switch (operator) {
    case '>=':
      return major >= wanted;
    case '>':
      // ">20" leaves all of 20 out, ">20.1.0" does not.
      return /\d/.test(rest!) ? major >= wanted : major > wanted;
    case '<=':
      return below(major, wanted, rest!, true);
    case '<':
      return below(major, wanted, rest!, false);
    default:
      return major === wanted;
  }
}

/** The newest release of a major lies below a limit; "<=20" means all of 20, "<20.5.0" none of its newest. */
function below(major: number, limit: number, rest: string, inclusive: boolean): boolean {
  return major < limit || (inclusive && major === limit && !/\d/.test(rest));
}
