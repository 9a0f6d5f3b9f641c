import type { EntityManager } from 'typeorm';
import { FIRST_CURSOR } from '../domain/instance.js';
import type { StatusChange } from '../domain/instance.js';
import type { StatusChangeReader, StatusChangeRequest } from './catalog.js';
import { toStatusChange } from './rows.js';
import { StatusChangeSchema } from './schemas.js';

export class StatusChangeRepository implements StatusChangeReader {
  readonly #manager: EntityManager;

  constructor(manager: EntityManager) {
    this.#manager = manager;
  }

  async list({ after, instanceId, limit }: StatusChangeRequest): Promise<readonly StatusChange[]> {
    const query = this.#manager
      .createQueryBuilder(StatusChangeSchema, 'c')
      .where('c.id > :after', { after: Number(after) })
      .orderBy('c.id', 'ASC')
      .limit(limit);
    if (instanceId !== null) query.andWhere('c.instance_id = :instanceId', { instanceId });
    return (await query.getMany()).map(toStatusChange);
  }

  async latestId(): Promise<string> {
    const row = await this.#manager
      .createQueryBuilder(StatusChangeSchema, 'c')
      .select('MAX(c.id)', 'id')
      .getRawOne<{ id: string | number | null }>();
    return String(row?.id ?? FIRST_CURSOR);
  }
}
