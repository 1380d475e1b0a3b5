/**
 * Watches the objects of a Kubernetes source. Ends when there may be news, whatever happens to the API server or the connection:
 * an interrupted watch counts as news, and the next one starts with a full list.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { recordDeployments } from '../../db/entries/deployments.ts';
import { Cluster } from '../../kubernetes/cluster.ts';
import { watchChanges } from '../../kubernetes/collection.ts';
import { ResourceExpired } from '../../kubernetes/refusal.ts';
import { backoffMs } from '../../pacing/backoff.ts';
import { RollcallError } from '../../registry/failure.ts';
import type { Watch } from '../source-kind.ts';
import { ClusterView, type ViewedCollection } from './view.ts';
import type { ClusterContent } from './content.ts';
import type { ClusterKind, ClusterOrigin, ClusterState } from './reader.ts';
import { settling } from './settling.ts';

const BACKOFF = { firstMs: 250, longestMs: 5_000 };
/** How often to check for newly installed resources, and for syncs that overlapped with the start of the watch. */
const REVIEW_INTERVAL_MS = 30_000;
/** While a sync is running, it may have read the cluster before the watch started. */
const RUNNING_SYNC_INTERVAL_MS = 500;

export async function watchCluster<Origin extends ClusterOrigin>(
  kind: ClusterKind<Origin>,
  watch: Watch<Origin, ClusterState>,
): Promise<void> {
  const { origin, progress } = watch;
  const ended = new AbortController();
  const signal = AbortSignal.any([watch.signal, ended.signal]);
  const cluster = new Cluster(origin);
  const find = (): Promise<ClusterContent> => kind.find(cluster, origin, signal);
  try {
    const look = await firstLook(cluster, { find, progress, signal });
    if (look.afterFailures) return;
    progress.report({ step: `watching ${look.view.collections.map(({ collection }) => collection.what).join(', ')}` });
    const { hasDeployments = false } = kind;
    await new ClusterWatch({ ...watch, cluster, find, hasDeployments, view: look.view, signal }).untilNews();
  } finally {
    ended.abort();
    await cluster.close();
  }
}

/** Lists until the cluster answers. After an outage of its API server there may be news. */
async function firstLook(
  cluster: Cluster,
  { find, progress, signal }: Pick<WatchOptions, 'find' | 'progress' | 'signal'>,
): Promise<{ view: ClusterView; afterFailures: boolean }> {
  for (let failures = 0; ; failures += 1) {
    try {
      return { view: await ClusterView.look(cluster, await find(), signal), afterFailures: failures > 0 };
    } catch (error) {
      signal.throwIfAborted();
      progress.report({ step: `waiting to be able to watch: ${(error as Error).message}` });
      await backOff(failures, error, signal);
    }
  }
}

interface WatchOptions extends Omit<Watch<ClusterOrigin, ClusterState>, 'origin'> {
  readonly cluster: Cluster;
  /** The collections in their current state. */
  readonly find: () => Promise<ClusterContent>;
  readonly hasDeployments: boolean;
  readonly view: ClusterView;
}

class ClusterWatch {
  readonly #options: WatchOptions;
  readonly #news = settling();
  #deployments = settling();

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Rejects if the signal aborts or Postgres fails. */
  async untilNews(): Promise<void> {
    await Promise.race([
      this.#news.settled,
      ...this.#options.view.collections.map((viewed) => this.#follow(viewed)),
      this.#keepDeployments(),
      this.#untilSyncsDiffer(),
      this.#untilResourcesChange(),
    ]);
  }

  /** Applies the changes of a collection, reconnecting as often as necessary. Returns if it can't continue, which counts as news. */
  async #follow(viewed: ViewedCollection): Promise<void> {
    const { cluster, signal } = this.#options;
    for (let failures = 0; ;) {
      try {
        const { collection, resourceVersion: after } = viewed;
        const changes = await watchChanges(cluster, { collection, after, signal });
        // The state hasn't been seen for a while.
        if (failures > 0) return;
        for await (const change of changes) this.#take(viewed, change);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof ResourceExpired) return;
        await backOff(failures, error, signal);
        failures += 1;
      }
    }
  }

  #take(viewed: ViewedCollection, change: Parameters<ViewedCollection['take']>[0]): void {
    const difference = viewed.take(change);
    if (difference === 'content') this.#news.note();
    if (difference === 'deployment') this.#deployments.note();
  }

  /** The state of servers is recorded directly and needs no sync. */
  async #keepDeployments(): Promise<never> {
    const { database, definition, hasDeployments, view, signal } = this.#options;
    if (!hasDeployments) return await new Promise<never>(() => {});
    for (;;) {
      await recordDeployments(database, definition.name, view.deployments());
      await this.#deployments.settled;
      signal.throwIfAborted();
      this.#deployments = settling();
    }
  }

  /**
   * Detects a change after a sync read the cluster and before this watch did, which neither has seen. After a failed sync
   * everything differs, so the timer decides when to retry.
   */
  async #untilSyncsDiffer(): Promise<void> {
    const { lastSync, view, signal } = this.#options;
    for (;;) {
      const { applied, run } = await lastSync();
      const outcome = run?.outcome ?? null;
      const succeeded = outcome === 'changed' || outcome === 'unchanged';
      if (succeeded && applied?.contentDigest !== view.digest()) return;
      await delay(outcome === null ? RUNNING_SYNC_INTERVAL_MS : REVIEW_INTERVAL_MS, undefined, { signal });
    }
  }

  async #untilResourcesChange(): Promise<void> {
    const { find, view, signal } = this.#options;
    for (;;) {
      await delay(REVIEW_INTERVAL_MS, undefined, { signal });
      const content = await find().catch(() => null);
      signal.throwIfAborted();
      if (content !== null && !view.isOf(content)) return;
    }
  }
}

async function backOff(failures: number, error: unknown, signal: AbortSignal): Promise<void> {
  const asked = error instanceof RollcallError ? (error.retryAfterMs ?? 0) : 0;
  const wait = Math.max(asked, backoffMs(BACKOFF, failures + 1));
  await delay(Math.min(BACKOFF.longestMs, wait), undefined, { signal });
}
