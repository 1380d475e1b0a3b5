/** The installation as a whole, and the caller. */
import { z } from 'zod';
import { listRegistries } from '../../db/configuration/registries.ts';
import { countEntriesOf, listSources } from '../../db/configuration/sources.ts';
import { ROLES } from '../../registry/roles.ts';
import type { Caller } from '../access/caller.ts';
import { sees, seesRegistry } from '../access/permissions.ts';
import { consoleProviders } from '../sign-in/sign-in.ts';
import { query } from './operation.ts';

/**
 * The version, where to find the Web UI, and how much the caller can see. `workers` is null while Temporal is unavailable.
 */
export const systemInformation = query({
  role: 'manageSources',
  input: z.void(),
  run: async ({ database, software, temporal, findWorkers, caller }) => {
    const [sources, registries, workers] = await Promise.all([
      listSources(database),
      listRegistries(database),
      findWorkers().catch(() => null),
    ]);
    const visible = await countEntriesOf(
      database,
      sources.filter(({ claims }) => sees(caller, claims)),
    );
    return {
      software,
      temporal,
      workers,
      counts: {
        sources: visible.length,
        registries: registries.filter((registry) => seesRegistry(caller, registry)).length,
        entries: visible.reduce((sum, source) => sum + source.entryCount, 0),
      },
    };
  },
});

/** The caller's identity and roles. All identities are null while authentication is off. */
export const describeCaller = query({
  role: null,
  input: z.void(),
  run: async ({ caller }) => describe(caller),
});

/**
 * The same for the console, also for callers without a token. `kind` is `everybody` while authentication is off, `public`
 * without a token, and otherwise `token`. `providers` are names for `/auth/login/{provider}`. `session` is null without a
 * cookie of the console; its `expiresAt` (RFC 3339) is null if it has ended.
 */
export const describeSession = query({
  role: null,
  needsToken: false,
  input: z.void(),
  run: async ({ access: { settings }, caller, session, software }) => ({
    kind: caller.kind,
    ...describe(caller),
    providers: settings.mode === 'oauth' ? consoleProviders(settings).map(({ name }) => name) : [],
    session: session === undefined ? null : { expiresAt: timeOf(session.expiresAt), canRenew: session.canRenew },
    version: software.version,
  }),
});

function timeOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

function describe({ subject, issuer, displayName, roles, mayWrite }: Caller) {
  return { subject, issuer, displayName, roles: ROLES.filter((role) => roles.has(role)), mayWrite };
}
