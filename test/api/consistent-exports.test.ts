import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EntryDraft } from '../../registry/entry.ts';
import { draft, source, sync, useSources } from '../db/sync-source.ts';
import { type RunningApi, startApiOnFreshDatabase } from './running-api.ts';

let api: RunningApi;

beforeAll(async () => {
  api = await startApiOnFreshDatabase();
  await useSources(api.database, source('alpha'));
});
afterAll(() => api.stop());

/** Much more than a connection buffers of an answer that isn't read: 24 MB. */
const SERVERS = 400;
const FILLING = 'x'.repeat(60_000);

function generation(version: string): EntryDraft[] {
  return Array.from({ length: SERVERS }, (_, index) => {
    const name = `com.example/server-${String(index).padStart(3, '0')}`;
    const packages = [{ registryType: 'npm', identifier: 'example', version, transport: { type: 'stdio' } }];
    const document = { name, version, description: `Generation ${version}: ${FILLING}`, packages };
    return draft(name, version, { document: JSON.stringify(document) });
  });
}

test.each(['registry.json', 'upstream-registry.json', 'servers.json'])(
  '%s shows one moment, even if a sync ends meanwhile',
  async (file) => {
    await sync(api.database, { sourceName: 'alpha', entries: generation('1.0.0'), apply: { force: true } });
    const response = await api.get(`/registry/default/${file}`, { headers: { 'accept-encoding': 'identity' } });
    await sync(api.database, { sourceName: 'alpha', entries: generation('2.0.0'), apply: { force: true } });

    const generations = [...(await response.text()).matchAll(/Generation (\d\.0\.0)/g)].map(([, version]) => version);
    expect(generations).toHaveLength(SERVERS);
    expect(new Set(generations)).toEqual(new Set(['1.0.0']));
  },
);
