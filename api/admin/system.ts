/** The installation as a whole, and the caller. */
import { z } from 'zod';
import { countEntriesOf } from '../../db/configuration/sources.ts';
import { ROLES } from '../../registry/roles.ts';
import type { Caller } from '../access/caller.ts';
import { consoleProviders } from '../sign-in/sign-in.ts';
import { query } from './operation.ts';
import { timeText } from './outputs.ts';
import { visibleRegistries } from './registries/reads.ts';
import { visibleSources } from './sources/requested-source.ts';

/**
 * The version, the address of the Web UI, and the numbers of objects that the caller can see. `workers` is null while
 * Temporal is unavailable.
 */
export const systemInformation = query({
  role: 'manageSources',
  input: z.void(),
  run: async (context) => {
    const { database, software, temporal } = context;
    const [sources, registries, workers] = await Promise.all([
      visibleSources(context),
      visibleRegistries(context),
      context.findWorkers().catch(() => null),
    ]);
    const counted = await countEntriesOf(database, sources);
    return {
      software,
      temporal,
      workers,
      counts: {
        sources: sources.length,
        registries: registries.length,
        entries: counted.reduce((sum, source) => sum + source.entryCount, 0),
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
 * The caller's identity and roles for the console, also for callers without a token. `kind` is `everybody` while
 * authentication is off, `public` without a token, and otherwise `token`. `providers` are names for
 * `/auth/login/{provider}`. `session` is null without a cookie of the console; its `expiresAt` (RFC 3339) is null if it
 * has ended.
 */
export const describeSession = query({
  role: null,
  needsToken: false,
  input: z.void(),
  run: async ({ access: { settings }, caller, session, software }) => ({
    ...describe(caller),
    providers: settings.mode === 'oauth' ? consoleProviders(settings).map(({ name }) => name) : [],
    session: session === undefined ? null : { expiresAt: timeText(session.expiresAt), canRenew: session.canRenew },
    version: software.version,
  }),
});

function describe({ kind, subject, issuer, displayName, roles, mayWrite }: Caller) {
  return { kind, subject, issuer, displayName, roles: ROLES.filter((role) => roles.has(role)), mayWrite };
}
