/**
 * Watches the objects of a Kubernetes source. It ends when there may be news, and whatever happens to the API server
 * or the way to it: a watch that was interrupted counts as news, and the next one begins with a look at everything.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { recordDeployments } from '../../db/entries/deployments.ts';
import { Cluster } from '../../kubernetes/cluster.ts';
import { watchChanges } from '../../kubernetes/collection.ts';
import { ResourceExpired } from '../../kubernetes/refusal.ts';
import { RollcallError } from '../../registry/failure.ts';
import type { Watch } from '../source-kind.ts';
import { ClusterView, type ViewedCollection } from './view.ts';
import type { ClusterContent } from './content.ts';
import type { ClusterKind, ClusterOrigin, ClusterState } from './reader.ts';
import { settling } from './settling.ts';

/** A rollout changes many objects, one after another: they are waited for, but not for long. */
const BURST = { quietMs: 250, longestMs: 1_500 };
const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 5_000;
/** Resources that are installed, and syncs that overlapped with the beginning of the watch, are looked for this often. */
const REVIEW_INTERVAL_MS = 30_000;
/** A sync that runs while a watch begins may have looked before it. */
const RUNNING_SYNC_INTERVAL_MS = 500;

export async function watchCluster<Origin extends ClusterOrigin>(
  kind: ClusterKind<Origin>,
  watch: Watch<Origin, ClusterState>,
): Promise<void> {
  const { origin, progress } = watch;
  const ended = new AbortController();
  const signal = AbortSignal.any([watch.signal, ended.signal]);
  const cluster = Cluster.open(origin);
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

/** Looks until the cluster answers. After an outage of its API server there may be news. */
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
  /** The collections as they are now. */
  readonly find: () => Promise<ClusterContent>;
  readonly hasDeployments: boolean;
  readonly view: ClusterView;
}

class ClusterWatch {
  readonly #options: WatchOptions;
  readonly #news = settling(BURST);
  #deployments = settling(BURST);

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Rejects where the signal aborts, or Postgres fails. */
  async untilNews(): Promise<void> {
    await Promise.race([
      this.#news.settled,
      ...this.#options.view.collections.map((viewed) => this.#follow(viewed)),
      this.#keepDeployments(),
      this.#untilSyncsDiffer(),
      this.#untilResourcesChange(),
    ]);
  }

  /** Takes in what changes in a collection, with as many watches as that takes; ends with the news that it can't. */
  async #follow(viewed: ViewedCollection): Promise<void> {
    const { cluster, signal } = this.#options;
    for (let failures = 0; ;) {
      try {
        const { collection, resourceVersion: after } = viewed;
        const changes = await watchChanges(cluster, { collection, after, signal });
        // Nobody has looked for a while.
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

  /** How servers are doing is no news for a sync: it is written down as it is seen. */
  async #keepDeployments(): Promise<never> {
    const { database, definition, hasDeployments, view, signal } = this.#options;
    if (!hasDeployments) return await new Promise<never>(() => {});
    for (;;) {
      await recordDeployments(database, definition.name, view.deployments());
      await this.#deployments.settled;
      signal.throwIfAborted();
      this.#deployments = settling(BURST);
    }
  }

  /**
   * A change that came after a sync had looked, and before this watch did, is in neither of them. After a failed sync
   * everything differs: then the timer decides when to try again.
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
  const wait = Math.min(LONGEST_BACKOFF_MS, Math.max(asked, FIRST_BACKOFF_MS * 2 ** failures));
  await delay(wait, undefined, { signal });
}
