/** The filters of the catalog in the URL. */
import { SKILL_KINDS, type SkillKind } from '../../../registry/entry-kind.ts';

export const PLACES = ['local', 'remote'] as const;
export const STATUSES = ['active', 'deprecated', 'archived', 'deleted'] as const;
export const SORTS = ['name', 'updated'] as const;
/** Days back from today. */
export const PERIODS = ['1', '7', '30', '90', '365'] as const;

export interface CatalogSearch {
  /** Default: servers. */
  readonly type?: SkillKind | undefined;
  readonly registry?: string | undefined;
  readonly search?: string | undefined;
  readonly source?: string | undefined;
  readonly kind?: string | undefined;
  readonly place?: (typeof PLACES)[number] | undefined;
  readonly transport?: string | undefined;
  readonly tag?: string | undefined;
  readonly status?: (typeof STATUSES)[number] | undefined;
  /** Updated within this number of days. */
  readonly days?: (typeof PERIODS)[number] | undefined;
  readonly sort?: (typeof SORTS)[number] | undefined;
}

/** Reads the filters from a URL. Unknown values are left out. */
export function catalogSearch(written: Record<string, unknown>): CatalogSearch {
  const text = (name: keyof CatalogSearch): string | undefined => {
    const value = written[name];
    return (typeof value === 'string' || typeof value === 'number') && value !== '' ? String(value) : undefined;
  };
  const oneOf = <Value extends string>(name: keyof CatalogSearch, values: readonly Value[]): Value | undefined =>
    values.find((value) => value === text(name));
  return {
    type: oneOf('type', SKILL_KINDS),
    registry: text('registry'),
    search: text('search')?.slice(0, 300),
    source: text('source'),
    kind: text('kind'),
    place: oneOf('place', PLACES),
    transport: text('transport'),
    tag: text('tag'),
    status: oneOf('status', STATUSES),
    days: oneOf('days', PERIODS),
    sort: oneOf('sort', SORTS),
  };
}

/** Whether anything but the registry, the type, and the order is chosen. */
export function isFiltered({ registry: _registry, type: _type, sort: _sort, ...filters }: CatalogSearch): boolean {
  return Object.values(filters).some((value) => value !== undefined);
}
