import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Backup policies, and what servers do by schedule. */
export class BackupPolicies1790300000000 implements MigrationInterface {
  readonly name = 'BackupPolicies1790300000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const isPostgres = queryRunner.connection.options.type === 'postgres';
    const TEXT = isPostgres ? 'TEXT COLLATE "C"' : 'TEXT';

    await queryRunner.query(`
      CREATE TABLE backup_policies (
        instance_id ${TEXT} PRIMARY KEY REFERENCES instances (id) ON DELETE CASCADE,
        enabled BOOLEAN NOT NULL,
        keep_days INTEGER NOT NULL,
        start_time TEXT NOT NULL,
        weekdays TEXT NOT NULL,
        window_at BIGINT,
        due_at BIGINT,
        refusal TEXT,
        last_backup_at BIGINT,
        last_missed_at BIGINT,
        last_missed_reason TEXT,
        updated_at BIGINT NOT NULL,
        revision BIGINT NOT NULL,
        CHECK (enabled = (due_at IS NOT NULL)),
        CHECK ((due_at IS NULL) = (window_at IS NULL)),
        CHECK ((last_missed_at IS NULL) = (last_missed_reason IS NULL))
      )`);
    await queryRunner.query('CREATE INDEX backup_policies_by_due ON backup_policies (due_at, instance_id)');

    await queryRunner.query(`
      CREATE TABLE schedules (
        name TEXT PRIMARY KEY,
        last_occurrence BIGINT NOT NULL
      )`);
    await queryRunner.query(`
      CREATE TABLE proof_tries (
        backup_id ${TEXT} PRIMARY KEY REFERENCES backups (id) ON DELETE CASCADE,
        tried_at BIGINT NOT NULL
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['proof_tries', 'schedules', 'backup_policies']) {
      await queryRunner.query(`DROP TABLE ${table}`);
    }
  }
}
