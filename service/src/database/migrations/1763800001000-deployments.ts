/** Creates the table of deployments, with the rules that the database itself holds: one running at a time, finished once, never rewritten. */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { irreversible } from '../irreversible.js';

export class Deployments1763800001000 implements MigrationInterface {
  readonly name = 'Deployments1763800001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE deployments (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        position bigint GENERATED ALWAYS AS IDENTITY,
        service text NOT NULL,
        environment text NOT NULL,
        digest text NOT NULL,
        kind text NOT NULL,
        actor text NOT NULL,
        idempotency_key text NOT NULL,
        took_over uuid,
        status text NOT NULL DEFAULT 'running',
        started_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        started_by text NOT NULL,
        finished_at timestamptz(3),
        finished_by text,
        reason text,
        CONSTRAINT deployments_pkey PRIMARY KEY (id),
        CONSTRAINT deployments_release_fkey FOREIGN KEY (service, digest) REFERENCES releases (service, digest),
        CONSTRAINT deployments_kind_check CHECK (kind IN ('deploy', 'rollback')),
        CONSTRAINT deployments_status_check CHECK (status IN ('running', 'succeeded', 'failed', 'rolled_back', 'abandoned')),
        CONSTRAINT deployments_finish_check CHECK ((status = 'running') = (finished_at IS NULL) AND (finished_at IS NULL) = (finished_by IS NULL))
      )`);
    await runner.query(
      `CREATE UNIQUE INDEX deployments_one_running ON deployments (service, environment) WHERE status = 'running'`,
    );
    await runner.query(
      'CREATE UNIQUE INDEX deployments_idempotency ON deployments (started_by, service, environment, idempotency_key)',
    );
    await runner.query('CREATE INDEX deployments_history ON deployments (service, environment, position)');
    await runner.query(
      'CREATE INDEX deployments_history_by_status ON deployments (service, environment, status, position)',
    );
    await runner.query('CREATE INDEX deployments_finished ON deployments (service, environment, finished_at)');

    await runner.query(`
      CREATE FUNCTION refuse_second_finish() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        finish CONSTANT text[] := ARRAY['status', 'finished_at', 'finished_by', 'reason'];
      BEGIN
        IF OLD.status <> 'running' OR NEW.status = 'running' OR to_jsonb(NEW) - finish <> to_jsonb(OLD) - finish THEN
          RAISE EXCEPTION 'the ledger is append-only: a deployment is finished once, and nothing else of it changes'
            USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
      END $$`);
    await runner.query(`
      CREATE TRIGGER deployments_finish_once BEFORE UPDATE ON deployments
      FOR EACH ROW EXECUTE FUNCTION refuse_second_finish()`);
    await runner.query(`
      CREATE TRIGGER deployments_append_only BEFORE DELETE ON deployments
      FOR EACH ROW EXECUTE FUNCTION refuse_rewriting()`);
    await runner.query(`
      CREATE TRIGGER deployments_no_truncate BEFORE TRUNCATE ON deployments
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()`);
  }

  down = irreversible;
}
