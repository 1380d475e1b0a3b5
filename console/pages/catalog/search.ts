/** The filters of the catalog, as the address has them. */

export const PLACES = ['local', 'remote'] as const;
export const STATUSES = ['active', 'deprecated', 'deleted'] as const;
export const SORTS = ['name', 'updated'] as const;
/** Days back from today. */
export const PERIODS = ['1', '7', '30', '90', '365'] as const;

export interface CatalogSearch {
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

/** Takes what an address says. Values that don't exist are left out. */
export function catalogSearch(written: Record<string, unknown>): CatalogSearch {
  const text = (name: keyof CatalogSearch): string | undefined => {
    const value = written[name];
    return (typeof value === 'string' || typeof value === 'number') && value !== '' ? String(value) : undefined;
  };
  const oneOf = <Value extends string>(name: keyof CatalogSearch, values: readonly Value[]): Value | undefined =>
    values.find((value) => value === text(name));
  return {
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
