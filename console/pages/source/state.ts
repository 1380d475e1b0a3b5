/** The state of a source in one word, from its record. */
import { queryOptions } from '@tanstack/react-query';
import { server } from '../../client/server.ts';

export type SourceRow = Awaited<ReturnType<typeof server.sources.list.query>>[number];
export type SourceDetail = Awaited<ReturnType<typeof server.sources.get.query>>;
export type Run = Awaited<ReturnType<typeof server.sources.runs.query>>[number];

export const STATES = ['ok', 'syncing', 'failing', 'paused', 'waiting', 'managed', 'removing'] as const;
export type SourceState = (typeof STATES)[number];

export const COLORS: Readonly<Record<SourceState, string>> = {
  ok: 'green',
  syncing: 'blue',
  failing: 'red',
  paused: 'yellow',
  waiting: 'gray',
  managed: 'gray',
  removing: 'gray',
};

/** A failing source stays failing while it tries again, as in the API and the metrics. */
export function stateOf({ detachedAt, kind, state }: Pick<SourceRow, 'detachedAt' | 'kind' | 'state'>): SourceState {
  if (detachedAt !== null) return 'removing';
  if (state.phase === 'paused') return 'paused';
  if (state.failures > 0) return 'failing';
  if (state.isSyncing) return 'syncing';
  if (kind === 'managed') return 'managed';
  return state.lastSuccess === null ? 'waiting' : 'ok';
}

export const sourcesQuery = queryOptions({
  queryKey: ['sources', 'list'],
  queryFn: ({ signal }) => server.sources.list.query(undefined, { signal }),
  refetchInterval: 10_000,
});

// oxlint-disable-next-line explicit-module-boundary-types -- Only the library can spell the type.
export const sourceQuery = (name: string) =>
  queryOptions({
    queryKey: ['sources', 'get', name],
    queryFn: ({ signal }) => server.sources.get.query({ name }, { signal }),
  });
