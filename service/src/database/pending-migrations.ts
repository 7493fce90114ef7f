/** Tells which of this release's migrations the database lacks. */
import type { DataSource } from 'typeorm';
import { migrations } from './migrations/index.js';

const KNOWN = migrations.map((migration) => migration.name);

/**
 * Names of the migrations that are known here and not applied there. Migrations that are applied there and unknown here do not
 * count: they belong to a newer release, whose schema this one has to work on while both run.
 */
export async function pendingMigrations(dataSource: Pick<DataSource, 'query'>): Promise<string[]> {
  const [table] = await dataSource.query<{ exists: boolean }[]>(
    `SELECT to_regclass('migrations') IS NOT NULL AS exists`,
  );
  if (!table?.exists) return KNOWN;
  const applied = await dataSource.query<{ name: string }[]>('SELECT name FROM migrations');
  const names = new Set(applied.map(({ name }) => name));
  return KNOWN.filter((name) => !names.has(name));
}
