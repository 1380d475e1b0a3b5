/** Trial fetches, which show the entries that the first sync of a source would accept before it is added. */
import { namedSource } from '../../../config/schema/file.ts';
import { deleteDetachedSource } from '../../../db/configuration/sources.ts';
import { createTrial, listStagedEntries, newTrialName } from '../../../db/configuration/trials.ts';
import { listFindings } from '../../../db/syncs/sync-findings.ts';
import { findSyncRun } from '../../../db/syncs/sync-runs.ts';
import { isManaged } from '../../../registry/source-definition.ts';
import { HttpError } from '../../http/error.ts';
import { change } from '../operation.ts';
import type { Trial } from '../outputs.ts';
import { requestedSource } from './requested-source.ts';

const MAX_DEADLINE_MS = 60_000;
const MAX_ENTRIES = 100;

/**
 * Fetches a source like its first sync, within a minute, and applies nothing. The same limits apply as to a source that
 * is created through the API.
 */
export const trySource = change({
  role: 'manageSources',
  action: 'source.try',
  input: namedSource,
  run: async (context, written): Promise<Trial> => {
    const { database, trials } = context;
    const { definition } = requestedSource(context, written);
    if (isManaged(definition.origin))
      throw new HttpError(400, 'A managed source fetches nothing: add it, then publish to it');
    const sourceName = newTrialName();
    const deadlineMs = Math.min(MAX_DEADLINE_MS, definition.syncPolicy.deadlineMs);
    await createTrial(database, { ...definition, name: sourceName });
    try {
      const failure = await trials({ sourceName, deadlineMs });
      const run = await findSyncRun(database, { sourceName, number: 1 });
      if (run === null) return { failure, entries: [], total: 0, findings: [] };
      const staged = await listStagedEntries(database, { syncRunId: run.id, limit: MAX_ENTRIES });
      const findings = await listFindings(database, { syncRunId: run.id, limit: MAX_ENTRIES, offset: 0 });
      return { failure, ...staged, findings };
    } finally {
      await deleteDetachedSource(database, sourceName);
    }
  },
});
