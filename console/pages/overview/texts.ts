export const texts = {
  title: 'Overview',
  counts: { registries: 'Registries', sources: 'Sources', entries: 'Entries', failing: 'Failing sources' },
  failing: 'Failing sources',
  noFailing: 'All sources sync without failures',
  recent: 'Recent changes',
  noRecent: 'No sync has changed anything yet',
  changes: (added: number, changed: number, removed: number) =>
    `${added} added, ${changed} changed, ${removed} removed`,
  failed: 'Failed',
  failures: (count: number) => (count === 1 ? '1 failed sync' : `${count} failed syncs in a row`),
  sync: (name: string, number: number) => `${name}, sync ${number}`,
  readerHint: 'Find servers in the catalog. Your roles do not include administration.',
  publicHint: 'Find servers of public registries in the catalog. Sign in to see more.',
  toCatalog: 'Open the catalog',
  registries: 'Registries',
} as const;
