/** The queries of the page of a server. */
import { queryOptions } from '@tanstack/react-query';
import type { EntryKind } from '../../../registry/entry-kind.ts';
import { server } from '../../client/server.ts';

export interface ServerAddress {
  readonly registry: string;
  readonly entryKind: EntryKind;
  readonly name: string;
}

export type ServerVersion = Awaited<ReturnType<typeof server.catalog.version.query>>;
export type ListedVersion = Awaited<ReturnType<typeof server.catalog.versions.query>>[number];

export function versionsQuery(address: ServerAddress) {
  return queryOptions({
    queryKey: ['catalog', 'versions', address],
    queryFn: ({ signal }) => server.catalog.versions.query(address, { signal }),
  });
}

export function versionQuery(address: ServerAddress, version: string) {
  return queryOptions({
    queryKey: ['catalog', 'version', address, version],
    queryFn: ({ signal }) => server.catalog.version.query({ ...address, version }, { signal }),
  });
}
