import { expect, test } from 'vitest';
import { errorOf } from '../support/dumps.js';
import { aim, takeRecordedDump, toLoad } from '../support/restores.js';
import { createSqlServerEngine } from '../support/sqlserver/model-subjects.js';
import { SqlServerModel } from '../support/sqlserver/sqlserver-model.js';
import { TempDir } from '../support/temp-dir.js';

test('finishes a restore over the database in the path of the URL, broken off while nothing has its name', async () => {
  await using model = await SqlServerModel.start();
  await using scratch = await TempDir.create();
  model.add('shop', { tables: { 'dbo.items': ['new'] } });
  const url = model.url().replace('?', '/shop?');
  const engine = createSqlServerEngine();
  const dump = await takeRecordedDump({ engine, url, name: 'shop', scratch });
  model.state.get('shop').tables = { 'dbo.items': ['old'] };
  const target = await aim({ url, scratch }, { database: 'shop', overwrite: true });
  await engine.stageRestore(target, toLoad(dump));
  model.cutOn(/^ALTER DATABASE \[rds_restore_\w+\] MODIFY NAME/);
  expect(await errorOf(engine.commitRestore(target))).toMatchObject({ name: 'EngineUnreachableError' });
  expect(model.state.find('shop')).toBeNull();

  expect(await createSqlServerEngine().commitRestore(target)).toBe(true);

  expect(model.state.get('shop').tables).toEqual({ 'dbo.items': ['new'] });
});
