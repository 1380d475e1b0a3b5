/** The installation as a whole, and the caller as it sees him. */
import { z } from 'zod';
import { listRegistries } from '../../db/configuration/registries.ts';
import { countEntriesOf, listSources } from '../../db/configuration/sources.ts';
import { ROLES } from '../../registry/roles.ts';
import { sees, seesRegistry } from '../access/permissions.ts';
import { query } from './operation.ts';

/** What runs, where the operator finds the histories, and how much there is that the caller may see. */
export const systemInformation = query({
  role: 'manageSources',
  input: z.void(),
  run: async ({ database, software, temporal, caller }) => {
    const [sources, registries] = await Promise.all([listSources(database), listRegistries(database)]);
    const visible = await countEntriesOf(
      database,
      sources.filter(({ claims }) => sees(caller, claims)),
    );
    return {
      software,
      temporal,
      counts: {
        sources: visible.length,
        registries: registries.filter((registry) => seesRegistry(caller, registry)).length,
        entries: visible.reduce((sum, source) => sum + source.entryCount, 0),
      },
    };
  },
});

/** Who the caller is for this server, and what he may do. Where authentication is off nobody is anybody: all null. */
export const describeCaller = query({
  role: null,
  input: z.void(),
  run: async ({ caller }) => ({
    subject: caller.subject,
    issuer: caller.issuer,
    displayName: caller.displayName,
    roles: ROLES.filter((role) => caller.roles.has(role)),
    mayWrite: caller.mayWrite,
  }),
});
