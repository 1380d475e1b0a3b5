/** Reads the objects of a source, and watches them. */
import { Readable } from 'node:stream';
import { z } from 'zod';
import { recordDeployments } from '../../db/entries/deployments.ts';
import { Cluster } from '../../kubernetes/cluster.ts';
import { listPages } from '../../kubernetes/collection.ts';
import type { ClusterAccess } from '../../kubernetes/kubeconfig.ts';
import { ClaimsOfNames, contentDigest } from '../../registry/kubernetes/sightings.ts';
import type { SourceOrigin } from '../../registry/source-definition.ts';
import { type Fetch, type Fetched, type SourceReader, syntaxOfName } from '../source-kind.ts';
import { type ClusterContent, deploymentsOf, digestContent, type Seen, seenIn } from './content.ts';
import { watchCluster } from './watch.ts';

export type ClusterOrigin = SourceOrigin & ClusterAccess;

const state = z.object({ contentDigest: z.string() });
export type ClusterState = z.output<typeof state>;

/** The differences between the kinds that read a cluster. */
export interface ClusterKind<Origin extends ClusterOrigin> {
  /** The collections that the source consists of. */
  find(cluster: Cluster, origin: Origin, signal: AbortSignal): Promise<ClusterContent>;
  /** Whether the objects are servers, whose state is recorded. */
  readonly hasDeployments?: boolean;
  /** The failure if there are no objects. Default: an empty source is valid. */
  empty?(content: ClusterContent, origin: Origin): Error;
}

export function clusterReader<Origin extends ClusterOrigin>(
  kind: ClusterKind<Origin>,
): SourceReader<Origin, ClusterState> {
  return {
    state,
    // A watch reports changes at once. The interval reads everything again to find what a watch missed.
    check: async ({ origin, previous, signal }) => {
      const cluster = new Cluster(origin);
      try {
        const digest = await digestContent(cluster, await kind.find(cluster, origin, signal), signal);
        return digest === previous.contentDigest ? 'nothing' : 'maybe';
      } finally {
        await cluster.close();
      }
    },
    fetch: async (fetch) => await fetchCluster(kind, fetch),
    watch: async (watch) => await watchCluster(kind, watch),
  };
}

/**
 * Lists all objects of the source. If one list fails, the fetch fails, so that nothing is removed.
 * @throws RollcallError `UpstreamDenied` naming the resource, the namespace, and the missing permission
 */
async function fetchCluster<Origin extends ClusterOrigin>(
  kind: ClusterKind<Origin>,
  fetch: Fetch<Origin, ClusterState>,
): Promise<Fetched<ClusterState>> {
  const { origin, definition, database, stager, signal } = fetch;
  const cluster = new Cluster(origin);
  try {
    const content = await kind.find(cluster, origin, signal);
    const seen = await readContent(cluster, content, fetch);
    if (seen.length === 0 && kind.empty !== undefined) throw kind.empty(content, origin);
    if (kind.hasDeployments === true) await recordDeployments(database, definition.name, deploymentsOf(seen));
    for (const resource of content.missing) await stager.warn(`${resource} is not installed in the cluster: skipped`);
    const digest = contentDigest(seen, content.missing);
    return {
      snapshot: 'staged',
      coverage: 'complete',
      state: { contentDigest: digest },
      upstreamRevision: `sha256:${digest.slice(0, 12)}`,
    };
  } finally {
    await cluster.close();
  }
}

/** Stages page by page, and keeps only the parts of the objects that the source needs. */
async function readContent(
  cluster: Cluster,
  content: ClusterContent,
  { stager, progress, signal }: Pick<Fetch, 'stager' | 'progress' | 'signal'>,
): Promise<Seen[]> {
  const all: Seen[] = [];
  const claims = new ClaimsOfNames();
  for (const collection of content.collections) {
    progress.report({ step: `listing ${collection.what}` });
    for await (const { objects } of listPages(cluster, collection, signal)) {
      const seen = seenIn(collection, objects);
      for (const one of seen) {
        if ('document' in one)
          await stager.stageDocument({
            name: one.key,
            bytes: Readable.from([one.document]),
            syntax: syntaxOfName(one.key),
          });
        else await stager.stageOutcome(claims.agree(one.outcome), one.key);
      }
      all.push(...seen);
    }
  }
  return all;
}
