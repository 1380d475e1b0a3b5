/** What is shown of a server, from the URL of its page. */

export const VIEWS = ['overview', 'install', 'versions', 'difference', 'json'] as const;

export interface ServerSearch {
  /** Default: the latest. */
  readonly version?: string | undefined;
  readonly view?: (typeof VIEWS)[number] | undefined;
  /** The version that another one is compared with. */
  readonly from?: string | undefined;
  readonly client?: string | undefined;
}

export function serverSearch(written: Record<string, unknown>): ServerSearch {
  const text = (name: keyof ServerSearch): string | undefined => {
    const value = written[name];
    return (typeof value === 'string' || typeof value === 'number') && value !== '' ? String(value) : undefined;
  };
  return {
    version: text('version'),
    view: VIEWS.find((view) => view === text('view')),
    from: text('from'),
    client: text('client'),
  };
}
