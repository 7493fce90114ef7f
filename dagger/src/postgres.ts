/** A PostgreSQL for as long as somebody needs it. */
import { dag, type Service } from '@dagger.io/dagger';

/** The name under which containers reach it. */
export const databaseHost = 'postgres';
const name = 'sluice';
/** No secret: the database lives as long as its users, and only they can reach it. */
const password = 'sluice';

export const databaseUrl = `postgresql://${name}:${password}@${databaseHost}:5432/${name}`;

/** The database by the variables that most projects and libpq itself read. */
export const postgresVariables: Record<string, string> = {
  DATABASE_URL: databaseUrl,
  PGHOST: databaseHost,
  PGPORT: '5432',
  PGUSER: name,
  PGPASSWORD: password,
  PGDATABASE: name,
};

/**
 * An empty database that forgets everything; so it need not wait for the disk either. `user` tells databases apart: the engine runs
 * services of the same definition once, and two stages would share one.
 */
export function postgres(image: string, user: string): Service {
  return dag
    .container()
    .from(image)
    .withEnvVariable('SLUICE_DATABASE_OF', user)
    .withEnvVariable('POSTGRES_USER', name)
    .withEnvVariable('POSTGRES_PASSWORD', password)
    .withEnvVariable('POSTGRES_DB', name)
    .withExposedPort(5432)
    .asService({
      args: ['postgres', '-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'],
      useEntrypoint: true,
    });
}
