/** The filters of the catalog in the URL. */
import { ENTRY_STATUSES } from '../../../registry/entry.ts';
import { SKILL_KINDS } from '../../../registry/entry-kind.ts';
import { oneOf, searchOf, text } from '../../client/search.ts';

export const PLACES = ['local', 'remote'] as const;
export const SORTS = ['name', 'updated'] as const;
/** Days back from today. */
export const PERIODS = ['1', '7', '30', '90', '365'] as const;

export const catalogSearch = searchOf({
  /** The kind of entry. Default: servers. */
  type: oneOf(SKILL_KINDS),
  registry: text,
  search: (written) => text(written)?.slice(0, 300),
  source: text,
  kind: text,
  place: oneOf(PLACES),
  transport: text,
  tag: text,
  status: oneOf(ENTRY_STATUSES),
  /** Updated within this number of days. */
  days: oneOf(PERIODS),
  sort: oneOf(SORTS),
});
export type CatalogSearch = ReturnType<typeof catalogSearch>;

/** Whether anything but the registry, the type, and the order is chosen. */
export function isFiltered({ registry: _registry, type: _type, sort: _sort, ...filters }: CatalogSearch): boolean {
  return Object.values(filters).some((value) => value !== undefined);
}
