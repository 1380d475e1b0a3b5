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
import { getEntryClaims, listRegistryEntries, listSourceEntries } from '../admin/entries/reads.ts';
import { deleteEntry, publishEntry, replaceEntry, setEntryClaims, setEntryStatus } from '../admin/entries/changes.ts';
import { getRegistry, listRegistries, viewRegistryAs } from '../admin/registries/reads.ts';
import { createRegistry, deleteRegistry, updateRegistry } from '../admin/registries/changes.ts';
import {
  createSource,
  deleteSource,
  pauseSource,
  resumeSource,
  syncSource,
  updateSource,
} from '../admin/sources/changes.ts';
import { trySource } from '../admin/sources/trials.ts';
import { watchSource } from '../admin/sources/progress.ts';
import { getRun, getSource, listRecentRuns, listRuns, listSources } from '../admin/sources/reads.ts';
import { describeCaller, describeSession, systemInformation } from '../admin/system.ts';
import * as outputs from '../admin/outputs.ts';
import { mutationProcedure, type ProcedureMeta, queryProcedure, router, subscriptionProcedure } from './procedure.ts';

export const adminRouter = router({
  sources: router({
    list: queryProcedure(listSources, outputs.sources),
    get: queryProcedure(getSource, outputs.sourceDetails),
    try: mutationProcedure(trySource, outputs.trial),
    create: mutationProcedure(createSource, outputs.changedSource),
    update: mutationProcedure(updateSource, outputs.changedSource),
    delete: mutationProcedure(deleteSource, outputs.changed),
    sync: mutationProcedure(syncSource, outputs.syncNowResult),
    pause: mutationProcedure(pauseSource, outputs.nothing),
    resume: mutationProcedure(resumeSource, outputs.nothing),
    runs: queryProcedure(listRuns, outputs.runs),
    run: queryProcedure(getRun, outputs.runDetails),
    recentRuns: queryProcedure(listRecentRuns, outputs.runs),
    watch: subscriptionProcedure(watchSource, outputs.sourceProgress),
  }),
  registries: router({
    list: queryProcedure(listRegistries, outputs.registries),
    get: queryProcedure(getRegistry, outputs.registry),
    viewAs: queryProcedure(viewRegistryAs, outputs.viewAs),
    create: mutationProcedure(createRegistry, outputs.registry),
    update: mutationProcedure(updateRegistry, outputs.registry),
    delete: mutationProcedure(deleteRegistry, outputs.nothing),
  }),
  entries: router({
    ofSource: queryProcedure(listSourceEntries, outputs.entryPage),
    ofRegistry: queryProcedure(listRegistryEntries, outputs.entryPage),
    publish: mutationProcedure(publishEntry, outputs.entry),
    replace: mutationProcedure(replaceEntry, outputs.entry),
    setStatus: mutationProcedure(setEntryStatus, outputs.changedEntries),
    delete: mutationProcedure(deleteEntry, outputs.entry),
    claims: queryProcedure(getEntryClaims, outputs.entryClaims),
    setClaims: mutationProcedure(setEntryClaims, outputs.nothing),
  }),
  audit: router({ list: queryProcedure(listAuditEvents, outputs.auditEvents) }),
  me: queryProcedure(describeCaller, outputs.me),
  session: queryProcedure(describeSession, outputs.session),
  catalog: router({
    registries: queryProcedure(listReadableRegistries, outputs.readableRegistries),
    search: queryProcedure(searchServers, outputs.catalogPage),
    choices: queryProcedure(listChoices, outputs.catalogChoices),
    versions: queryProcedure(listServerVersions, outputs.catalogVersions),
    version: queryProcedure(getServerVersion, outputs.catalogEntry),
  }),
  system: router({ info: queryProcedure(systemInformation, outputs.system) }),
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
