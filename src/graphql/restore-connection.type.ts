import { ObjectType } from 'type-graphql';
import type { Restore as DomainRestore } from '../domain/restore.js';
import { connectionOf } from './connection.type.js';
import { Restore } from './restore.type.js';

@ObjectType({ description: 'A page of restores.' })
export class RestoreConnection extends connectionOf<DomainRestore>(Restore, { one: 'A restore', many: 'restores' }) {}
