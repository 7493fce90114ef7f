/** Applies pending migrations, one instance at a time. */
import { DataSource } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';

/** Key of the session advisory lock that instances take turns by; any constant does, as long as every release uses the same. */
const MIGRATION_LOCK = 7_263_548_102;

/**
 * Applies what is pending and returns the names of what was applied. Safe to call from any number of instances at once:
 * TypeORM takes no lock of its own, so all but one wait here and then find nothing left to do.
 *
 * Each migration is a transaction of its own: one that fails leaves the ones before it applied.
 *
 * @throws whatever PostgreSQL or a migration says; the lock is released with the connection.
 */
export async function migrate(options: DataSourceOptions): Promise<string[]> {
  const dataSource = await new DataSource(options).initialize();
  try {
    const lock = dataSource.createQueryRunner();
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      const applied = await dataSource.runMigrations({ transaction: 'each' });
      return applied.map(({ name }) => name);
    } finally {
      await lock.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
      await lock.release();
    }
  } finally {
    await dataSource.destroy();
  }
}
