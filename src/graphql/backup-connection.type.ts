import { Field, Int, ObjectType } from 'type-graphql';
import type { Backup as DomainBackup } from '../domain/backup.js';
import { Backup } from './backup.type.js';
import { PageInfo, toPageInfo } from './page.type.js';
import type { Connection } from './page.type.js';

@ObjectType({ description: 'A backup and its place in a list.' })
export class BackupEdge {
  @Field(() => String, { description: 'To pass as `after`.' })
  cursor!: string;

  @Field(() => Backup, { description: 'The backup.' })
  node!: DomainBackup;
}

@ObjectType({ description: 'A page of backups.' })
export class BackupConnection {
  readonly #source: Connection<DomainBackup>;

  constructor(source: Connection<DomainBackup>) {
    this.#source = source;
  }

  @Field(() => [Backup], { description: 'The backups of the page.' })
  nodes(): readonly DomainBackup[] {
    return this.#source.page.items.map((item) => item.node);
  }

  @Field(() => [BackupEdge], { description: 'The same, each with its cursor.' })
  edges(): readonly BackupEdge[] {
    return this.#source.page.items;
  }

  @Field(() => PageInfo, { description: 'Whether and where to go on.' })
  pageInfo(): PageInfo {
    return toPageInfo(this.#source.page, this.#source.after);
  }

  @Field(() => Int, { description: 'How many backups match in all. Counted only when selected.' })
  totalCount(): Promise<number> {
    return this.#source.count();
  }
}
