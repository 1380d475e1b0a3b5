import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Cluster } from '../../kubernetes/cluster.ts';
import { follow } from '../../kubernetes/follow.ts';

test('a collection that can be listed, but not watched, is tried less and less often', async () => {
  const server = createServer((request, response) => {
    const isWatch = new URL(request.url ?? '', 'http://localhost').searchParams.has('watch');
    response.writeHead(isWatch ? 403 : 200, { 'content-type': 'application/json' });
    const list = { kind: 'List', metadata: { resourceVersion: '1' }, items: [] };
    response.end(JSON.stringify(isWatch ? { kind: 'Status', message: 'cannot watch' } : list));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-follow-'));
  const kubeconfig = join(folder, 'config.json');
  const contexts = [{ name: 'test', context: { cluster: 'test', user: 'test' } }];
  const cluster = { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true };
  const clusters = [{ name: 'test', cluster }];
  const users = [{ name: 'test', user: {} }];
  await writeFile(kubeconfig, JSON.stringify({ 'current-context': 'test', contexts, clusters, users }));

  const connected = new Cluster({ kubeconfig });
  const stopping = new AbortController();
  const failures: { at: number; message: string }[] = [];
  await follow(
    connected,
    { path: '/api/v1/pods', what: 'pods' },
    {
      signal: stopping.signal,
      onChange: () => undefined,
      onFailure: (error) => {
        failures.push({ at: Date.now(), message: (error as Error).message });
        if (failures.length === 4) stopping.abort();
      },
    },
  );
  await connected.close();
  server.close();
  await rm(folder, { recursive: true });

  expect(failures[0]?.message).toContain('not allowed to list or watch pods');
  const [first = 0, second = 0, third = 0, fourth = 0] = failures.map(({ at }) => at);
  expect(third - second).toBeGreaterThan(1.5 * 250);
  expect(fourth - third).toBeGreaterThan(3 * 250);
  expect(second - first).toBeGreaterThan(200);
});
