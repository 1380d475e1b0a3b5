import { expect, test } from 'vitest';
import { createTestDatabase } from '../environment.ts';

test('if a server dies between two statements of a transaction, the next one fails, but not the process', async () => {
  const testDatabase = await createTestDatabase();
  const { database } = testDatabase;
  try {
    const client = await database.copyPool.connect();
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    await client.query('begin');
    const ended = new Promise((resolve) => {
      client.once('end', resolve);
    });
    const killer = await database.copyPool.connect();
    await killer.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
    killer.release();
    await ended;
    await expect(client.query('select 1')).rejects.toThrow(/connection/i);
    client.release(true);
    expect((await database.copyPool.query<{ one: number }>('select 1 as one')).rows).toEqual([{ one: 1 }]);
  } finally {
    await testDatabase.drop();
  }
});
