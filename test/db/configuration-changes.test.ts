import { afterEach, beforeEach, expect, test } from 'vitest';
import { storeConfiguration, type StoredConfiguration } from '../../db/configuration/configuration.ts';
import { listAuditEvents } from '../../db/upkeep/audit-events.ts';
import { configurationEvents } from '../../api/audit/events.ts';
import type { AuditSettings } from '../../config/model.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { source } from './sync-source.ts';

let target: TestDatabase;
beforeEach(async () => {
  target = await createTestDatabase();
});
afterEach(async () => {
  await target.drop();
});

const AUDITED: AuditSettings = { enabled: true, excludeEventTypes: [], retentionMs: 0 };
const [first, second] = [source('first'), source('second')];

async function store(configuration: Partial<StoredConfiguration>, settings = AUDITED): Promise<void> {
  await storeConfiguration(
    target.database,
    { sources: [first, second], registries: [], defaultRegistry: 'default', ...configuration },
    (changes) => configurationEvents(settings, changes),
  );
}

/** The changes that were recorded since the last call, in the form `source first added`. */
async function news(): Promise<string[]> {
  const events = await listAuditEvents(target.database, { limit: 100 });
  const told = events.slice(0, events.length - known).map(({ target: { kind, name }, detail }) => {
    const { change, members = [] } = detail as { change: string; members?: string[] };
    return [kind, name, change, ...members].join(' ');
  });
  known = events.length;
  return told.sort();
}
let known = 0;
beforeEach(() => {
  known = 0;
});

test('everything that a start adds, changes, and removes is recorded, one event each', async () => {
  await store({ registries: [{ name: 'team', sources: ['first'] }] });
  expect(await news()).toEqual(['registry team added', 'source first added', 'source second added']);
  expect(await listAuditEvents(target.database, { limit: 1 })).toMatchObject([
    { action: 'configuration.change', outcome: 'success', actor: 'system', subject: null, requestId: null },
  ]);

  await store({
    sources: [{ ...first, filter: { names: { include: ['com.example/*'] } } }],
    sourceClaims: { first: { org: 'acme' } },
    registries: [{ name: 'team', sources: ['first'], access: 'public' }],
  });
  expect(await news()).toEqual([
    'registry team changed access',
    'source first changed claims filter',
    'source second removed',
  ]);

  await store({ registries: [{ name: 'team', sources: ['second', 'first'] }] });
  expect(await news()).toEqual([
    'registry team changed access sources',
    'source first changed claims filter',
    'source second added',
  ]);
});

test('a start with the same configuration records nothing', async () => {
  await store({ registries: [{ name: 'team', sources: ['first'] }] });
  await news();
  await store({ registries: [{ name: 'team', sources: ['first'] }] });
  expect(await news()).toEqual([]);
});

test('a configuration that can’t be stored records nothing', async () => {
  await expect(store({ registries: [{ name: 'team', sources: ['none'] }] })).rejects.toThrow('none');
  expect(await news()).toEqual([]);
});

test.each<[string, Partial<AuditSettings>]>([
  ['the audit is off', { enabled: false }],
  ['these events are excluded', { excludeEventTypes: ['configuration.change'] }],
  ['only other events are included', { eventTypes: ['entry.publish'] }],
])('nothing is recorded if %s', async (_, settings) => {
  await store({}, { ...AUDITED, ...settings });
  expect(await news()).toEqual([]);
});
