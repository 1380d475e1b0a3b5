/**
 * Messages of `api` and `worker` when something that they need is missing, with the remedy. They accept newer schemas.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withClient } from '../../db/connection/plain-client.ts';
import { migrateDown } from '../../db/upkeep/migrations.ts';
import { createEmptyTestDatabase, createTestDatabase, type TestDatabase } from '../environment.ts';
import { createTestNamespace } from '../temporal-namespace.ts';
import { createInstallation, databaseSection, type Installation } from '../infrastructure/installation.ts';

let installation: Installation;
let database: TestDatabase;
let empty: TestDatabase;
let temporal: { readonly address: string; readonly namespace: string };

beforeAll(async () => {
  [installation, database, empty, temporal] = await Promise.all([
    createInstallation(),
    createTestDatabase(),
    createEmptyTestDatabase(),
    createTestNamespace(),
  ]);
});
afterAll(async () => {
  await installation?.remove();
  await database?.drop();
  await empty?.drop();
});

describe.each(['api', 'worker'])('%s', (role) => {
  const failure = async ({ settings }: TestDatabase): Promise<string> => {
    const result = await installation.run([role], { database: databaseSection(settings), temporal });
    expect(result.status).toBe(1);
    return result.stderr;
  };

  test('refuses a database without a schema', async () => {
    expect(await failure(empty)).toMatch(/schema is outdated \(\d+ pending migrations\): run `rollcall migrate up/);
  });

  test('refuses an outdated schema', async () => {
    const outdated = await createTestDatabase();
    try {
      await migrateDown(outdated.ownerSettings, 1);
      expect(await failure(outdated)).toMatch(/schema is outdated \(1 pending migrations\): run `rollcall migrate up/);
    } finally {
      await outdated.drop();
    }
  });

  test('names the setting of a file that is missing', async () => {
    const { status, stderr } = await installation.run([role], {
      database: databaseSection(database.settings),
      temporal: { ...temporal, tls: { caFile: '/nowhere/ca.pem' } },
    });
    expect(status).toBe(1);
    expect(stderr).toContain('the file /nowhere/ca.pem (`temporal.tls.caFile`) does not exist');
  });

  test('runs on the schema of a newer version, so that versions can overlap in an upgrade', async () => {
    const newer = await createTestDatabase();
    try {
      await withClient(newer.ownerSettings, (client) =>
        client.query("insert into schema_migration (version, name, checksum) values (9999, 'future', '')"),
      );
      const command = await installation.start([role], { database: databaseSection(newer.settings), temporal });
      await command.printed(/The API listens on|The worker takes tasks/);
      command.stop();
      expect((await command.ended).status).toBe(0);
    } finally {
      await newer.drop();
    }
  });

  test('names a Temporal namespace that does not exist, and goes on', async () => {
    const command = await installation.start([role], {
      database: databaseSection(database.settings),
      temporal: { ...temporal, namespace: 'nowhere' },
    });
    const [line] = await command.printed(/.*Nothing is synced or published: .*\n/);
    expect(JSON.parse(line)).toMatchObject({
      level: 'warn',
      msg: expect.stringMatching(
        /has no namespace "nowhere": correct `temporal\.namespace`, or create it with `temporal operator namespace create --namespace nowhere`/,
      ) as string,
    });
    command.stop();
    expect((await command.ended).status).toBe(0);
  });
});
