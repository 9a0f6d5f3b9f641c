import { ObjectType } from 'type-graphql';
import type { Backup as DomainBackup } from '../domain/backup.js';
import { Backup } from './backup.type.js';
import { connectionOf } from './connection.type.js';

@ObjectType({ description: 'A page of backups.' })
export class BackupConnection extends connectionOf<DomainBackup>(Backup, { one: 'A backup', many: 'backups' }) {}
