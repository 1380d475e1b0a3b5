import { Context } from '@temporalio/activity';
import { findSource } from '../db/sources.ts';
import type { CheckInput, CheckResult } from '../workflows/contract.ts';
import { checkApi } from '../sources/api/fetch.ts';
import { checkFile } from '../sources/file/fetch.ts';
import { checkGit } from '../sources/git/fetch.ts';
import { type Check, comparableState } from '../sources/source-kind.ts';
import { limitsOf, type UpstreamDependencies } from './limits.ts';

/** A question that takes longer is answered by a sync; shorter than the time that the actor gives this activity. */
const LONGEST_CHECK_MS = 25_000;

/**
 * Asks the upstream whether anything is new. There is no need to ask if nothing was applied yet, or if the database was
 * lost or restored and has no record of the last sync.
 */
export async function check({ database, guard }: UpstreamDependencies, input: CheckInput): Promise<CheckResult> {
  const source = await findSource(database, input.sourceName);
  if (source === null || source.nextSyncNumber <= input.lastSync) return { news: 'maybe' };
  const { definition } = source;
  const previous = comparableState(definition, source.fetchState);
  if (previous === null) return { news: 'maybe' };
  const { origin } = definition;
  const signal = AbortSignal.any([Context.current().cancellationSignal, AbortSignal.timeout(LONGEST_CHECK_MS)]);
  const limits = limitsOf(source, guard);
  return { news: await checkOrigin({ origin, definition, previous, guard: limits, signal }) };
}

async function checkOrigin(question: Check): Promise<CheckResult['news']> {
  const { origin } = question;
  switch (origin.kind) {
    case 'api':
      return await checkApi({ ...question, origin });
    case 'git':
      return await checkGit({ ...question, origin });
    case 'file':
      return await checkFile({ ...question, origin });
    case 'kubernetes': {
      // Loaded where it is used: the client of Kubernetes is large, and most workers have no such source.
      const { checkKubernetes } = await import('../sources/kubernetes/fetch.ts');
      return await checkKubernetes({ ...question, origin });
    }
    case 'managed':
      break;
  }
  return 'nothing';
}
