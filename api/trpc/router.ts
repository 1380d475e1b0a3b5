/** The procedures of the admin API. */
import type { AnyProcedure } from '@trpc/server';
import { listAuditEvents } from '../admin/audit-events.ts';
import {
  getServerVersion,
  listChoices,
  listReadableRegistries,
  listServerVersions,
  searchServers,
} from '../admin/catalog.ts';
import { getEntryClaims, listRegistryEntries, listSourceEntries } from '../admin/entries.ts';
import { deleteEntry, publishEntry, replaceEntry, setEntryClaims, setEntryStatus } from '../admin/entry-changes.ts';
import { getRegistry, listRegistries } from '../admin/registries.ts';
import { createRegistry, deleteRegistry, updateRegistry } from '../admin/registry-changes.ts';
import { createSource, deleteSource, updateSource } from '../admin/source-changes.ts';
import { trySource } from '../admin/source-trials.ts';
import { pauseSource, resumeSource, syncSource } from '../admin/source-messages.ts';
import { watchSource } from '../admin/source-progress.ts';
import { getRun, getSource, listRecentRuns, listRuns, listSources } from '../admin/sources.ts';
import { describeCaller, describeSession, systemInformation } from '../admin/system.ts';
import { viewRegistryAs } from '../admin/view-as.ts';
import { mutationProcedure, type ProcedureMeta, queryProcedure, router, subscriptionProcedure } from './procedure.ts';

export const adminRouter = router({
  sources: router({
    list: queryProcedure(listSources),
    get: queryProcedure(getSource),
    try: mutationProcedure(trySource),
    create: mutationProcedure(createSource),
    update: mutationProcedure(updateSource),
    delete: mutationProcedure(deleteSource),
    sync: mutationProcedure(syncSource),
    pause: mutationProcedure(pauseSource),
    resume: mutationProcedure(resumeSource),
    runs: queryProcedure(listRuns),
    run: queryProcedure(getRun),
    recentRuns: queryProcedure(listRecentRuns),
    watch: subscriptionProcedure(watchSource),
  }),
  registries: router({
    list: queryProcedure(listRegistries),
    get: queryProcedure(getRegistry),
    viewAs: queryProcedure(viewRegistryAs),
    create: mutationProcedure(createRegistry),
    update: mutationProcedure(updateRegistry),
    delete: mutationProcedure(deleteRegistry),
  }),
  entries: router({
    ofSource: queryProcedure(listSourceEntries),
    ofRegistry: queryProcedure(listRegistryEntries),
    publish: mutationProcedure(publishEntry),
    replace: mutationProcedure(replaceEntry),
    setStatus: mutationProcedure(setEntryStatus),
    delete: mutationProcedure(deleteEntry),
    claims: queryProcedure(getEntryClaims),
    setClaims: mutationProcedure(setEntryClaims),
  }),
  audit: router({ list: queryProcedure(listAuditEvents) }),
  me: queryProcedure(describeCaller),
  session: queryProcedure(describeSession),
  catalog: router({
    registries: queryProcedure(listReadableRegistries),
    search: queryProcedure(searchServers),
    choices: queryProcedure(listChoices),
    versions: queryProcedure(listServerVersions),
    version: queryProcedure(getServerVersion),
  }),
  system: router({ info: queryProcedure(systemInformation) }),
});

/** The type of clients: `createTRPCClient<AdminRouter>`. */
export type AdminRouter = typeof adminRouter;

/** The names of the queries that need no token. */
export function openQueries(): readonly string[] {
  // oxlint-disable-next-line no-underscore-dangle -- tRPC lists its procedures nowhere else.
  const procedures = adminRouter._def.procedures as unknown as Readonly<Record<string, AnyProcedure>>;
  return (
    Object.entries(procedures)
      // oxlint-disable-next-line no-underscore-dangle -- Nor does it show their metadata anywhere else.
      .filter(([, { _def: definition }]) => !(definition.meta as ProcedureMeta).needsToken)
      .map(([name]) => name)
  );
}
