/** test: the project's tests, with a PostgreSQL of their own. */
import { databaseHost, databaseUrl, postgres } from '../postgres.ts';
import { inProject, type Stage } from './stage.ts';

export const test: Stage = {
  name: 'test',
  evidence: (run, attempt) =>
    inProject('test', run, attempt, (container) =>
      container
        .withServiceBinding(databaseHost, postgres(run.images.postgres15, 'test'))
        .withEnvVariable('DATABASE_URL', databaseUrl),
    ),
};
