/** The filters of the catalog, as the address has them. */
export interface CatalogSearch {
  readonly registry?: string;
}

export function catalogSearch({ registry }: Record<string, unknown>): CatalogSearch {
  return { ...(typeof registry === 'string' && { registry }) };
}
