import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Restores, verifications, and the audit log, which only grows. */
export class Restores1790200000000 implements MigrationInterface {
  readonly name = 'Restores1790200000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const isPostgres = queryRunner.connection.options.type === 'postgres';
    const TEXT = isPostgres ? 'TEXT COLLATE "C"' : 'TEXT';
    const SERIAL = isPostgres ? 'BIGSERIAL PRIMARY KEY' : 'INTEGER PRIMARY KEY AUTOINCREMENT';

    // A backup that is being deleted gives its name up: of a FAILED one another may have it by now.
    await queryRunner.query('DROP INDEX backups_project_name');
    await queryRunner.query(
      "CREATE UNIQUE INDEX backups_project_name ON backups (project, name) WHERE status NOT IN ('FAILED', 'DELETING')",
    );

    // No foreign keys: restores outlive backups and instances.
    await queryRunner.query(`
      CREATE TABLE restores (
        id ${TEXT} PRIMARY KEY,
        status TEXT NOT NULL CHECK (status IN ('RUNNING', 'COMPLETED', 'FAILED')),
        project ${TEXT} NOT NULL,
        backup_id ${TEXT} NOT NULL,
        backup_name ${TEXT} NOT NULL,
        target_instance_id ${TEXT} NOT NULL,
        target_instance_name ${TEXT} NOT NULL,
        databases TEXT NOT NULL,
        overwrite BOOLEAN NOT NULL,
        phase TEXT NOT NULL CHECK (phase IN ('QUEUED', 'CHECKING', 'LOADING', 'SWAPPING', 'UNDOING', 'DONE')),
        bytes_done BIGINT NOT NULL,
        bytes_total BIGINT NOT NULL,
        failure_code TEXT,
        failure_message TEXT,
        started_at BIGINT NOT NULL,
        completed_at BIGINT,
        is_cleaned BOOLEAN NOT NULL,
        lease_owner TEXT NOT NULL,
        lease_expires_at BIGINT NOT NULL,
        CHECK (status <> 'FAILED' OR failure_code IS NOT NULL),
        CHECK (status <> 'COMPLETED' OR failure_code IS NULL),
        CHECK ((status = 'RUNNING') = (completed_at IS NULL))
      )`);
    await queryRunner.query(
      "CREATE UNIQUE INDEX restores_one_running ON restores (target_instance_id) WHERE status = 'RUNNING'",
    );
    await queryRunner.query('CREATE INDEX restores_by_start ON restores (started_at, id)');
    await queryRunner.query('CREATE INDEX restores_by_target ON restores (target_instance_id, started_at, id)');
    await queryRunner.query('CREATE INDEX restores_by_backup ON restores (backup_id, started_at, id)');
    await queryRunner.query('CREATE INDEX restores_by_status ON restores (status, started_at, id)');

    await queryRunner.query(`
      CREATE TABLE verifications (
        backup_id ${TEXT} PRIMARY KEY REFERENCES backups (id) ON DELETE CASCADE,
        level TEXT NOT NULL CHECK (level IN ('CHECKSUM', 'FORMAT', 'RESTORE')),
        status TEXT NOT NULL CHECK (status IN ('RUNNING', 'PASSED', 'FAILED', 'INCONCLUSIVE')),
        details TEXT,
        started_at BIGINT NOT NULL,
        verified_at BIGINT,
        proved_at BIGINT,
        lease_owner TEXT NOT NULL,
        lease_expires_at BIGINT NOT NULL,
        CHECK ((status = 'RUNNING') = (verified_at IS NULL))
      )`);
    await queryRunner.query('CREATE INDEX verifications_by_status ON verifications (status, backup_id)');

    await queryRunner.query(`
      CREATE TABLE audit_events (
        id ${SERIAL},
        occurred_at BIGINT NOT NULL,
        caller ${TEXT} NOT NULL,
        request_id TEXT,
        action TEXT NOT NULL,
        outcome TEXT NOT NULL CHECK (outcome IN ('ACCEPTED', 'COMPLETED', 'FAILED', 'REFUSED')),
        code TEXT,
        instance_id ${TEXT},
        backup_id ${TEXT},
        restore_id ${TEXT},
        details TEXT
      )`);
    await queryRunner.query('CREATE INDEX audit_events_by_time ON audit_events (occurred_at, id)');
    await queryRunner.query('CREATE INDEX audit_events_by_instance ON audit_events (instance_id, occurred_at, id)');
    await queryRunner.query('CREATE INDEX audit_events_by_backup ON audit_events (backup_id, occurred_at, id)');
    await (isPostgres ? freezeOnPostgres(queryRunner) : freezeOnSqlite(queryRunner));
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['audit_events', 'verifications', 'restores']) await queryRunner.query(`DROP TABLE ${table}`);
    if (queryRunner.connection.options.type === 'postgres')
      await queryRunner.query('DROP FUNCTION refuse_audit_change');
    await queryRunner.query('DROP INDEX backups_project_name');
    await queryRunner.query(
      "CREATE UNIQUE INDEX backups_project_name ON backups (project, name) WHERE status <> 'FAILED'",
    );
  }
}

async function freezeOnSqlite(queryRunner: QueryRunner): Promise<void> {
  for (const change of ['UPDATE', 'DELETE']) {
    await queryRunner.query(`
      CREATE TRIGGER audit_events_no_${change.toLowerCase()} BEFORE ${change} ON audit_events
      BEGIN SELECT RAISE(ABORT, 'audit events are only ever added'); END`);
  }
}

async function freezeOnPostgres(queryRunner: QueryRunner): Promise<void> {
  await queryRunner.query(`
    CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'audit events are only ever added'; END $$`);
  await queryRunner.query(`
    CREATE TRIGGER audit_events_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE PROCEDURE refuse_audit_change()`);
}
