/** test: the project's tests, with a PostgreSQL of their own. */
import { dag, type Service } from '@dagger.io/dagger';
import { inProject, type Stage } from './stage.ts';

const host = 'postgres';
const name = 'sluice';
/** No secret: the database lives as long as the tests and only they can reach it. */
const password = 'sluice';

export const test: Stage = {
  name: 'test',
  evidence: (run, attempt) =>
    inProject('test', run, attempt, (container) =>
      container
        .withServiceBinding(host, postgres(run.images.postgres15))
        .withEnvVariable('DATABASE_URL', `postgresql://${name}:${password}@${host}:5432/${name}`),
    ),
};

/** An empty database that forgets everything; so it need not wait for the disk either. */
function postgres(image: string): Service {
  return dag
    .container()
    .from(image)
    .withEnvVariable('POSTGRES_USER', name)
    .withEnvVariable('POSTGRES_PASSWORD', password)
    .withEnvVariable('POSTGRES_DB', name)
    .withExposedPort(5432)
    .asService({
      args: ['postgres', '-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'],
      useEntrypoint: true,
    });
}
