/** What a superAdmin sees of a registry as someone with other claims. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ViewAs } from '../../api/admin/outputs.ts';
import { draft, sync } from '../db/sync-source.ts';
import { type ProtectedRegistries, startProtectedRegistries } from './access/protected-api.ts';

let guarded: ProtectedRegistries;
let token: string;
beforeAll(async () => {
  const roles = { superAdmin: [{ role: 'admin' }], manageSources: [], manageRegistries: [], manageEntries: [] };
  guarded = await startProtectedRegistries([{ name: 'long' }], { authz: { roles } });
  token = await guarded.provider.token({ role: 'admin' });
});
afterAll(() => guarded.stop());

async function page(after?: string | null): Promise<ViewAs> {
  const input = JSON.stringify({ name: 'long', claims: { role: 'admin' }, after });
  const response = await guarded.api.withToken(token, `/trpc/registries.viewAs?input=${encodeURIComponent(input)}`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { result: { data: ViewAs } }).result.data;
}

test('pages go on after names of any length', async () => {
  const names = Array.from({ length: 101 }, (_, index) => `com.example/${String(index).padStart(500, '0')}`);
  const entries = [...names, 'com.example/long'].map((name) => draft(name, '1.0.0'));
  await sync(guarded.registries.database, { sourceName: 'long', entries });
  const { next } = await page();
  expect(next).toBe(names[99]);
  const rest = await page(next);
  expect(rest.entries.map(({ name }) => name)).toEqual([names[100], 'com.example/long']);
});
