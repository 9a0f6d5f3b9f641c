import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Regions and projects to choose from, and the backups of one such choice, newest first. */
export class Locations1790400000000 implements MigrationInterface {
  readonly name = 'Locations1790400000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('CREATE INDEX backups_by_location ON backups (project, region, started_at, id)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX backups_by_location');
  }
}
