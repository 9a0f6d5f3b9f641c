import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When each instance is looked at next and how often it has not answered; backups that a user has cancelled. */
export class HealthAndCancel1790100000000 implements MigrationInterface {
  readonly name = 'HealthAndCancel1790100000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE instances ADD COLUMN check_due_at BIGINT NOT NULL DEFAULT 0');
    await queryRunner.query('ALTER TABLE instances ADD COLUMN missed_checks INTEGER NOT NULL DEFAULT 0');
    await queryRunner.query('CREATE INDEX instances_by_check ON instances (check_due_at, id)');
    await queryRunner.query('ALTER TABLE backups ADD COLUMN is_cancelled BOOLEAN NOT NULL DEFAULT FALSE');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE backups DROP COLUMN is_cancelled');
    await queryRunner.query('DROP INDEX instances_by_check');
    await queryRunner.query('ALTER TABLE instances DROP COLUMN missed_checks');
    await queryRunner.query('ALTER TABLE instances DROP COLUMN check_due_at');
  }
}
