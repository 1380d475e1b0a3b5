/** A managed source that skills and plugins are published to, with callers of several teams. */
import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client';
import { afterAll, beforeAll } from 'vitest';
import type { AdminRouter } from '../../api/trpc/router.ts';
import { storeConfiguration } from '../../db/configuration/configuration.ts';
import { SKILL_KINDS } from '../../registry/entry-kind.ts';
import { skillDraft, source, sync } from '../db/sync-source.ts';
import { startIdentityProvider } from '../identity-provider.ts';
import { oauth } from './access/protected-api.ts';
import { AUDIT } from './audit/recorded.ts';
import { startPublishingApiWith } from './publishing-api.ts';

export type Asker = 'admin' | 'publisher' | 'rival' | 'outsider' | 'stranger';

interface SkillPublishers {
  readonly clientOf: (asker: Asker) => TRPCClient<AdminRouter>;
  readonly ask: (
    asker: Asker,
    method: string,
    sent: readonly [path: string, body?: unknown, idempotencyKey?: string | undefined],
  ) => Promise<Response>;
}

/** The claims of the publisher's team. */
export const TEAM = { team: 'a' };

/**
 * Starts them for the tests of a file, which can use what is returned from then on. In the default registry, the source `first`
 * takes precedence over the managed source `own`.
 */
export function useSkillPublishers(): SkillPublishers {
  let started: Started;
  beforeAll(async () => {
    started = await start();
  });
  afterAll(() => started.end());
  return { clientOf: (asker) => started.clientOf(asker), ask: (...request) => started.ask(...request) };
}

type Started = SkillPublishers & { readonly end: () => Promise<void> };

async function start(): Promise<Started> {
  const provider = await startIdentityProvider();
  const authz = {
    roles: {
      superAdmin: [{ role: 'admin' }],
      manageSources: [],
      manageRegistries: [{ role: 'publisher' }],
      manageEntries: [{ role: 'publisher' }],
    },
    namespaces: [{ claims: { role: 'publisher' }, names: ['com.example/*'] }],
  };
  const sources = [source('first'), source('own', 'managed')];
  const publishing = await startPublishingApiWith({ auth: oauth(provider, { authz }), audit: AUDIT }, ...sources);
  const { database } = publishing.test;
  await storeConfiguration(database, {
    sources,
    sourceClaims: { own: { org: 'acme' } },
    registries: [{ name: 'other', sources: ['first'], access: 'public' }],
    defaultRegistry: 'default',
  });
  await sync(database, {
    sourceName: 'first',
    entries: SKILL_KINDS.map((kind) => skillDraft(kind, ['com.example/taken', '1.0.0'])),
  });
  const tokens: Readonly<Record<Asker, string>> = {
    admin: await provider.token({ sub: 'admin', role: 'admin' }),
    publisher: await provider.token({ sub: 'publisher', role: 'publisher', org: 'acme', ...TEAM }),
    // Publishers of another team, and without the claims of the source.
    rival: await provider.token({ sub: 'rival', role: 'publisher', org: 'acme', team: 'b' }),
    outsider: await provider.token({ sub: 'outsider', role: 'publisher', ...TEAM }),
    stranger: await provider.token({ sub: 'stranger', team: 'b' }),
  };
  return {
    clientOf: (asker) => {
      const headers = { authorization: `Bearer ${tokens[asker]}` };
      return createTRPCClient<AdminRouter>({ links: [httpLink({ url: `${publishing.api.url}/trpc`, headers })] });
    },
    ask: (asker, method, [path, body, key]) => {
      const idempotency = key === undefined ? {} : { 'idempotency-key': key };
      const headers = { authorization: `Bearer ${tokens[asker]}`, ...idempotency };
      return publishing.api.send(method, path, { headers, ...(body !== undefined && { body }) });
    },
    end: async () => {
      await publishing.end();
      await provider.stop();
    },
  };
}

/** A skill or plugin as it is published. */
export function skillDocument(name: string, version = '1.0.0', members: object = {}): Record<string, unknown> {
  return { namespace: 'com.example', name, description: 'Fills in forms', version, ...members };
}

export async function statusAndBody(answer: Promise<Response>): Promise<{ status: number; body: unknown }> {
  const response = await answer;
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}
