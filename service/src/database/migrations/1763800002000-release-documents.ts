/** Keeps the answer of each release beside its columns, so that a listing reads it instead of making it. */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { irreversible } from '../irreversible.js';

export class ReleaseDocuments1763800002000 implements MigrationInterface {
  readonly name = 'ReleaseDocuments1763800002000';

  async up(runner: QueryRunner): Promise<void> {
    // Nullable, so that the table isn't rewritten and the release before can go on recording; a release without it is answered from its columns.
    await runner.query('ALTER TABLE releases ADD COLUMN document text NULL');
  }

  down = irreversible;
}
