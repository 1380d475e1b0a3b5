/** Messages of `serve` when a part of its start fails. */
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allStarted } from '../../cli/run/all-started.ts';
import { serve } from '../../cli/run/serve-everything.ts';
import { findFreePort, LOOPBACK } from '../../embedded/free-port.ts';
import { load } from '../config/configuration-file.ts';
import { createInstallation, startServe } from './serve-process.ts';

test('a failed start is reported while others still run, and thrown when all have ended', async () => {
  const slow = Promise.withResolvers<string>();
  const failure = new Error('no space left');
  const reported: unknown[] = [];
  const starting = allStarted([Promise.reject(failure), slow.promise, 'given'], (error) => reported.push(error));
  let hasEnded = false;
  const ended = starting.catch((error: unknown) => error).finally(() => (hasEnded = true));
  await expect.poll(() => reported).toEqual([failure]);
  expect(hasEnded).toBe(false);
  slow.resolve('started');
  expect(await ended).toBe(failure);
});

test('a failure of the last start is only thrown', async () => {
  const reported: unknown[] = [];
  const starting = allStarted(['given', Promise.reject(new Error('late'))], (error) => reported.push(error));
  await expect(starting).rejects.toThrow('late');
  expect(reported).toEqual([]);
});

test('a PostgreSQL that fails at once is reported before Temporal has started', async () => {
  const installation = await createInstallation('');
  try {
    const cluster = join(installation.dataFolder, 'postgres');
    await mkdir(cluster, { recursive: true });
    await writeFile(join(cluster, 'PG_VERSION'), '9\n');
    const process = await startServe(installation, 'Stopping as soon as the other service has started');
    expect(await process.exited).toBe(1);
  } finally {
    await installation.remove();
  }
});

test('a migration that fails after Ctrl-C is reported', async () => {
  const stop = new AbortController();
  const database = createServer((socket) => {
    stop.abort();
    socket.destroy();
  }).listen(0, LOOPBACK);
  await once(database, 'listening');
  try {
    const { port } = database.address() as AddressInfo;
    const [api, internal, worker] = [await findFreePort(), await findFreePort(), await findFreePort()];
    const configuration = await load(
      JSON.stringify({
        sources: [{ name: 'own', managed: {} }],
        auth: { mode: 'anonymous' },
        database: {
          host: LOOPBACK,
          port,
          user: 'rollcall',
          password: 'secret',
          database: 'rollcall',
          sslMode: 'disable',
        },
        temporal: { address: `${LOOPBACK}:1` },
        server: {
          address: `${LOOPBACK}:${api}`,
          internalAddress: `${LOOPBACK}:${internal}`,
          workerInternalAddress: `${LOOPBACK}:${worker}`,
        },
      }),
    );
    const said: string[] = [];
    await serve(configuration, {
      dataDirectory: '/nowhere',
      temporalPort: 0,
      uiPort: 0,
      signal: stop.signal,
      say: (message) => said.push(message),
      onRunning: () => said.push('running'),
    });
    expect(said).toEqual(['Stopping', expect.stringContaining('could not be migrated'), 'Stopped']);
  } finally {
    database.close();
  }
});
