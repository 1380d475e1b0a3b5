/** Operations check the caller themselves, even if a request gets past the gate. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EVERYBODY } from '../../../api/access/caller.ts';
import { make, type OperationContext } from '../../../api/admin/operation.ts';
import { createRegistry } from '../../../api/admin/registries/changes.ts';
import { NO_SENDER } from '../../../api/audit/sender.ts';
import { type OpenContext, openContext } from '../../../api/open-context.ts';
import { findRegistry } from '../../../db/configuration/registries.ts';
import { source, useSources } from '../../db/sync-source.ts';
import { createTestDatabase, type TestDatabase } from '../../environment.ts';
import { contextOptions } from '../running-api.ts';

let database: TestDatabase;
let opened: OpenContext;
beforeAll(async () => {
  database = await createTestDatabase();
  await useSources(database.database, source('main'));
  opened = await openContext(contextOptions(database, {}));
});
afterAll(async () => {
  await opened.close();
  await database.drop();
});

test('a caller without the write scope changes nothing', async () => {
  const { actor, subject, issuer, displayName, ...origin } = NO_SENDER;
  const sender = { identity: { actor, subject, issuer, displayName }, origin, request: 'POST /v1/registries' };
  const operation = (mayWrite: boolean): OperationContext => ({
    ...opened.context,
    caller: { ...EVERYBODY, mayWrite },
    sender,
    session: undefined,
  });
  const input = { name: 'mine', sources: ['main'], access: 'public' };
  await expect(make(operation(false), createRegistry, input)).rejects.toMatchObject({ status: 403 });
  expect(await findRegistry(database.database, 'mine')).toBeNull();
  await make(operation(true), createRegistry, input);
  expect(await findRegistry(database.database, 'mine')).not.toBeNull();
});
