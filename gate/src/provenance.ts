/** Whether a stage looked at what it had to look at: the very image that was built, with a database of today. */
import type { Evidence, Reading, StageRecord } from './model.ts';
import type { StagePolicy } from './policy.ts';
import type { StageDefinition } from './stages/stage.ts';

const hour = 3_600_000;

/**
 * Why a stage did not look at the image that build made; undefined where it did, or need not. Where the reports say which image they are
 * of, each platform must have a report of its own, and no report may be of another image.
 */
export function notTheImage(
  { ofImage }: StageDefinition,
  { subject }: StageRecord,
  readings: Reading[],
  built: { digest?: string } | undefined,
): string | undefined {
  if (ofImage === undefined) return undefined;
  if (!subject) return 'the record does not say which image was looked at';
  if (built && built.digest === undefined) return 'build left no image to compare with the one that was looked at';
  if (built?.digest !== undefined && built.digest !== subject.digest) {
    return `looked at the image ${short(subject.digest)}, but build made ${short(built.digest)}`;
  }
  if (ofImage === 'record') return undefined;
  for (const { scannedImage } of readings) {
    if (!subject.images.some(({ id }) => id === scannedImage?.id)) {
      return `a report is of another image: ${scannedImage?.id ? short(scannedImage.id) : 'it names none'}`;
    }
  }
  const missed = subject.images.find(({ id }) => !readings.some(({ scannedImage }) => scannedImage?.id === id));
  return missed && `no report of the image for ${missed.platform}`;
}

/** Why the vulnerability database can't be trusted to know today's; undefined where it can, or where none was needed. */
export function tooOld(
  { name }: StageDefinition,
  { tool, database }: StageRecord,
  { databaseMaxAge = 48 }: StagePolicy,
  at: Date,
): string | undefined {
  // The package managers' audits ask a service, which has no date.
  if (!database) return tool === 'trivy' ? 'the record does not say how old the vulnerability database is' : undefined;
  const age = hoursOld(database.updatedAt, at);
  if (age < -1) return `the vulnerability database is of the future: ${database.updatedAt}`;
  return age > databaseMaxAge
    ? `the vulnerability database is ${Math.floor(age)} hours old, allowed: ${databaseMaxAge} (stages.${name}.databaseMaxAge)`
    : undefined;
}

/** The age of the database as evidence. */
export function ageOf(record: StageRecord | undefined, at: Date): Evidence[] {
  if (!record?.database) return [];
  return [
    {
      kind: 'hours since the database was made',
      count: Math.max(0, Math.floor(hoursOld(record.database.updatedAt, at))),
    },
  ];
}

function hoursOld(updatedAt: string, at: Date): number {
  return (at.getTime() - Date.parse(updatedAt)) / hour;
}

function short(digest: string): string {
  return `${digest.slice(0, 19)}…`;
}
