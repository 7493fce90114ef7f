/** Creates the table of releases and the rule that nothing in the ledger is rewritten or deleted. */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { irreversible } from '../irreversible.js';

export class Releases1763800000000 implements MigrationInterface {
  readonly name = 'Releases1763800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE releases (
        id bigint GENERATED ALWAYS AS IDENTITY,
        service text NOT NULL,
        digest text NOT NULL,
        version text NOT NULL,
        commit_hash text NOT NULL,
        committed_at timestamptz(3) NOT NULL,
        repository text NOT NULL,
        verdict_status text NOT NULL,
        verdict_counts jsonb NOT NULL,
        verdict_policy text NOT NULL,
        verdict_finished_at timestamptz(3) NOT NULL,
        sbom_digest text,
        recorded_at timestamptz(3) NOT NULL DEFAULT now(),
        recorded_by text NOT NULL,
        CONSTRAINT releases_pkey PRIMARY KEY (id),
        CONSTRAINT releases_service_digest_key UNIQUE (service, digest),
        CONSTRAINT releases_digest_check CHECK (digest ~ '^sha256:[0-9a-f]{64}$'),
        CONSTRAINT releases_verdict_status_check CHECK (verdict_status IN ('passed', 'failed', 'broken'))
      )`);
    // The listings: newest first by service, with either filter. The id ends each index because it is the cursor's key.
    await runner.query('CREATE INDEX releases_listing ON releases (service, id)');
    await runner.query('CREATE INDEX releases_listing_by_verdict ON releases (service, verdict_status, id)');
    await runner.query('CREATE INDEX releases_listing_by_commit ON releases (service, commit_hash, id)');

    await runner.query(`
      CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'the ledger is append-only: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
      END $$`);
    await runner.query(`
      CREATE TRIGGER releases_append_only BEFORE UPDATE OR DELETE ON releases
      FOR EACH ROW EXECUTE FUNCTION refuse_rewriting()`);
    await runner.query(`
      CREATE TRIGGER releases_no_truncate BEFORE TRUNCATE ON releases
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()`);
  }

  down = irreversible;
}
