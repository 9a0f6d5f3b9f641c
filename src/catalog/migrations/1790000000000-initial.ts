import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Instances, backups, and the log of status changes. */
export class Initial1790000000000 implements MigrationInterface {
  readonly name = 'Initial1790000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const isPostgres = queryRunner.connection.options.type === 'postgres';
    // Binary order on both dialects: names are case-sensitive, and a page's keyset must mean the same everywhere.
    const TEXT = isPostgres ? 'TEXT COLLATE "C"' : 'TEXT';
    const SERIAL = isPostgres ? 'BIGSERIAL PRIMARY KEY' : 'INTEGER PRIMARY KEY AUTOINCREMENT';

    await queryRunner.query(`
      CREATE TABLE instances (
        id ${TEXT} PRIMARY KEY,
        name ${TEXT} NOT NULL,
        project ${TEXT} NOT NULL,
        region ${TEXT} NOT NULL,
        engine TEXT NOT NULL,
        engine_version TEXT NOT NULL,
        role TEXT NOT NULL CHECK (role IN ('PRIMARY', 'STANDBY', 'READ_REPLICA')),
        status TEXT NOT NULL CHECK (status IN ('AVAILABLE', 'BACKING_UP', 'RESTORING', 'ABNORMAL')),
        status_reason TEXT,
        endpoint TEXT NOT NULL,
        sealed_url TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL
      )`);
    await queryRunner.query('CREATE UNIQUE INDEX instances_project_name ON instances (project, name)');
    await queryRunner.query('CREATE INDEX instances_by_name ON instances (name, id)');
    await queryRunner.query('CREATE INDEX instances_by_creation ON instances (created_at, id)');

    // No foreign key to the instance: manual backups outlive it.
    await queryRunner.query(`
      CREATE TABLE backups (
        id ${TEXT} PRIMARY KEY,
        name ${TEXT} NOT NULL,
        description TEXT,
        type TEXT NOT NULL CHECK (type IN ('MANUAL', 'AUTOMATED')),
        status TEXT NOT NULL CHECK (status IN ('BUILDING', 'COMPLETED', 'FAILED', 'DELETING')),
        project ${TEXT} NOT NULL,
        region ${TEXT} NOT NULL,
        instance_id ${TEXT} NOT NULL,
        instance_name ${TEXT} NOT NULL,
        engine TEXT NOT NULL,
        engine_version TEXT NOT NULL,
        include_system BOOLEAN NOT NULL,
        phase TEXT NOT NULL CHECK (phase IN ('QUEUED', 'COPYING', 'VERIFYING', 'DONE')),
        bytes_done BIGINT NOT NULL,
        bytes_total BIGINT,
        size_bytes BIGINT,
        stored_bytes BIGINT,
        started_at BIGINT NOT NULL,
        completed_at BIGINT,
        verified_at BIGINT,
        failure_code TEXT,
        failure_message TEXT,
        is_condemned BOOLEAN NOT NULL,
        is_cleaned BOOLEAN NOT NULL,
        lease_owner TEXT NOT NULL,
        lease_expires_at BIGINT NOT NULL,
        CHECK ((status = 'FAILED') = (failure_code IS NOT NULL) OR status = 'DELETING'),
        CHECK ((status = 'BUILDING') = (completed_at IS NULL))
      )`);
    await queryRunner.query(
      "CREATE UNIQUE INDEX backups_project_name ON backups (project, name) WHERE status <> 'FAILED'",
    );
    await queryRunner.query(
      "CREATE UNIQUE INDEX backups_one_building ON backups (instance_id) WHERE status = 'BUILDING'",
    );
    await queryRunner.query('CREATE INDEX backups_by_start ON backups (started_at, id)');
    await queryRunner.query('CREATE INDEX backups_by_project ON backups (project, started_at, id)');
    await queryRunner.query('CREATE INDEX backups_by_instance ON backups (instance_id, started_at, id)');
    await queryRunner.query('CREATE INDEX backups_by_name ON backups (name, id)');
    await queryRunner.query('CREATE INDEX backups_by_status ON backups (status, started_at, id)');

    await queryRunner.query(`
      CREATE TABLE backup_databases (
        backup_id ${TEXT} NOT NULL REFERENCES backups (id) ON DELETE CASCADE,
        system BOOLEAN NOT NULL,
        name ${TEXT} NOT NULL,
        path TEXT,
        format TEXT,
        compression TEXT,
        encryption TEXT,
        original_bytes BIGINT,
        stored_bytes BIGINT,
        sha256 TEXT,
        PRIMARY KEY (backup_id, system, name)
      )`);

    await queryRunner.query(`
      CREATE TABLE status_changes (
        id ${SERIAL},
        instance_id ${TEXT} NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
        previous_status TEXT NOT NULL,
        status TEXT NOT NULL,
        reason TEXT,
        backup_id TEXT,
        occurred_at BIGINT NOT NULL
      )`);
    await queryRunner.query('CREATE INDEX status_changes_by_instance ON status_changes (instance_id, id)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['status_changes', 'backup_databases', 'backups', 'instances']) {
      await queryRunner.query(`DROP TABLE ${table}`);
    }
  }
}
