/** Sources of the kind `kubernetes`: the servers that run in a cluster, or a registry document in a ConfigMap. */
import { Readable } from 'node:stream';
import { recordDeployments } from '../../db/deployments.ts';
import type { Database } from '../../db/connection.ts';
import { Cluster } from '../../kubernetes/cluster.ts';
import { listPages } from '../../kubernetes/collection.ts';
import { definitionDigest } from '../../registry/definition-digest.ts';
import { RollcallError } from '../../registry/failure.ts';
import { ClaimsOfNames, contentDigest } from '../../registry/kubernetes-export.ts';
import type { KubernetesOrigin } from '../../registry/source-definition.ts';
import type { CheckResult } from '../../workflows/contract.ts';
import { type Check, type Fetch, type Fetched, syntaxOfName } from '../source-kind.ts';
import { type ClusterContent, deploymentsOf, digestContent, findContent, type Seen, seenIn } from './content.ts';

/**
 * Lists everything that the source consists of: all or nothing, so that a list that fails half way removes nothing.
 *
 * @throws RollcallError `UpstreamDenied` naming the resource, the namespace and the permission that is missing
 */
export async function fetchKubernetes(database: Database, fetch: Fetch<KubernetesOrigin>): Promise<Fetched> {
  const { origin, definition, stager, signal } = fetch;
  const cluster = Cluster.open(origin);
  try {
    const content = await findContent(cluster, origin.content, signal);
    const seen = await readContent(cluster, content, fetch);
    if ('configMap' in origin.content && seen.length === 0) throw noDocument(content, origin.content.configMap.key);
    if ('servers' in origin.content) await recordDeployments(database, definition.name, deploymentsOf(seen));
    for (const resource of content.missing) stager.warn(`${resource} is not installed in the cluster: skipped`);
    const digest = contentDigest(seen, content.missing);
    return {
      snapshot: 'staged',
      coverage: 'complete',
      fetchState: { definitionDigest: definitionDigest(definition), contentDigest: digest },
      upstreamRevision: `sha256:${digest.slice(0, 12)}`,
    };
  } finally {
    await cluster.close();
  }
}

/** Reads all of it again: a watch tells of changes at once, this finds what a watch may have missed. */
export async function checkKubernetes({
  origin,
  previous,
  signal,
}: Check<KubernetesOrigin>): Promise<CheckResult['news']> {
  const cluster = Cluster.open(origin);
  try {
    const digest = await digestContent(cluster, origin.content, signal);
    return digest === previous['contentDigest'] ? 'nothing' : 'maybe';
  } finally {
    await cluster.close();
  }
}

/** Stages page by page; what is kept is what the objects mean to the source. */
async function readContent(
  cluster: Cluster,
  content: ClusterContent,
  { stager, progress, signal }: Fetch<KubernetesOrigin>,
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
        else await stager.stageOutcome(claims.agree(one.outcome));
      }
      all.push(...seen);
    }
  }
  return all;
}

function noDocument({ collections }: ClusterContent, key: string): RollcallError {
  const what = collections.map((collection) => collection.what).join();
  return new RollcallError('UpstreamNotFound', `${what} is not there, or has no key ${key}`);
}
