/** Subscriptions to a source's syncs: the callers that are allowed to have them, and the events. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { storePause } from '../../../db/configuration/source-requests.ts';
import { oauth, type ProtectedApi, createRegistries, startProtectedApi } from './protected-api.ts';
import { type IdentityProvider, startIdentityProvider } from '../../identity-provider.ts';
import type { TestDatabase } from '../../environment.ts';

let provider: IdentityProvider;
let registries: TestDatabase;
let api: ProtectedApi;
beforeAll(async () => {
  [provider, registries] = await Promise.all([startIdentityProvider(), createRegistries({ name: 'internal' })]);
  const nobody = { superAdmin: [], manageRegistries: [], manageEntries: [] };
  const roles = { ...nobody, superAdmin: [{ role: 'admin' }], manageSources: [{ role: 'manager' }] };
  api = await startProtectedApi(registries, oauth(provider, { authz: { roles } }));
});
afterAll(async () => {
  await api.stop();
  await provider.stop();
  await registries.drop();
});

interface Events extends AsyncDisposable {
  /** The next event that isn't a sign of life: its name, and its data. */
  next(): Promise<readonly [string, Record<string, unknown>]>;
}

async function watch(role: string, name: string): Promise<Events> {
  const controller = new AbortController();
  const token = await provider.token({ sub: role, role });
  const input = encodeURIComponent(JSON.stringify({ name }));
  const response = await fetch(`${api.url}/trpc/sources.watch?input=${input}`, {
    headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
    signal: controller.signal,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    next: async () => {
      for (;;) {
        const [, block, rest] = /^(.*?)\n\n(.*)$/s.exec(text) ?? [];
        if (block !== undefined && rest !== undefined) {
          text = rest;
          const event = /^event: (.*)$/m.exec(block)?.[1] ?? 'message';
          const data = /^data: (.*)$/m.exec(block)?.[1] ?? '{}';
          if (event !== 'ping' && event !== 'connected') return [event, JSON.parse(data) as Record<string, unknown>];
        } else {
          const read = await reader?.read();
          if (read?.value === undefined) throw new Error('The events have ended');
          text += read.value;
        }
      }
    },
    [Symbol.asyncDispose]: async () => {
      controller.abort();
      await reader?.cancel().catch(() => undefined);
    },
  };
}

test('a caller who manages sources receives the last sync at once, and each change', async () => {
  await using events = await watch('admin', 'internal');
  expect(await events.next()).toEqual([
    'message',
    expect.objectContaining({ paused: false, run: expect.objectContaining({ number: 1, outcome: 'changed' }) }),
  ]);
  await storePause(registries.database, 'internal', true);
  expect(await events.next()).toEqual(['message', expect.objectContaining({ paused: true })]);
});

test.each([
  { what: 'without the role', role: 'reader', name: 'internal', httpStatus: 403 },
  { what: 'with the role, but without the claims of the source', role: 'manager', name: 'internal', httpStatus: 404 },
  { what: 'who asks for a source that does not exist', role: 'admin', name: 'absent', httpStatus: 404 },
])('a caller $what receives the refusal, and nothing else', async ({ role, name, httpStatus }) => {
  await using events = await watch(role, name);
  expect(await events.next()).toEqual([
    'serialized-error',
    expect.objectContaining({ data: expect.objectContaining({ httpStatus }) }),
  ]);
  await expect(events.next()).rejects.toThrow('ended');
});
