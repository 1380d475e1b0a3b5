/** The catalog's queries. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { EntryKind } from '../../../registry/entry-kind.ts';
import { queryClient, server } from '../../client/server.ts';
import type { CatalogSearch } from './search.ts';

export const PAGE_SIZE = 100;
const MS_PER_DAY = 86_400_000;

export type CatalogServer = Awaited<ReturnType<typeof server.catalog.search.query>>['servers'][number];

export const registriesQuery = queryOptions({
  queryKey: ['catalog', 'registries'],
  queryFn: ({ signal }) => server.catalog.registries.query(undefined, { signal }),
});

/** The values that the servers of a registry can be filtered by. */
export function choicesQuery(registry: string, entryKind: EntryKind = 'server') {
  return queryOptions({
    queryKey: ['catalog', 'choices', registry, entryKind],
    queryFn: ({ signal }) => server.catalog.choices.query({ registry, entryKind }, { signal }),
  });
}

/**
 * One page of the servers that match. Until it arrives, the previous answer stays.
 *
 * @param page from 0
 */
export function pageQuery({ days, type, ...filters }: CatalogSearch, page: number) {
  return queryOptions({
    queryKey: ['catalog', 'search', type, days, filters, page],
    queryFn: ({ signal }) => {
      const updatedSince = days && new Date(Date.now() - Number(days) * MS_PER_DAY).toISOString();
      const input = { ...filters, entryKind: type, updatedSince, offset: page * PAGE_SIZE, limit: PAGE_SIZE };
      return server.catalog.search.query(input, { signal });
    },
    ...(page === 0 && { placeholderData: keepPreviousData }),
  });
}

/** Loads what the catalog shows first, before the page is drawn. The page shows failures. */
export function startCatalog(search: CatalogSearch): void {
  void queryClient.prefetchQuery(registriesQuery);
  void queryClient.prefetchQuery(pageQuery(search, 0));
}
