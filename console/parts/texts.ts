export const texts = {
  windowTitle: (page: string) => `${page} · Rollcall`,
  loading: 'Loading',
  retry: 'Try again',
  failed: 'This could not be loaded',
  unreachable: 'The server does not answer. Check that it runs and that you are online.',
  refused: 'This was not done',
  faults: (count: number) => (count === 1 ? '1 fault' : `${count} faults`),
  line: (line: number) => `Line ${line}`,
  copy: 'Copy',
  copyOf: (what: string) => `Copy: ${what}`,
  copied: 'Copied',
  hidden: (name: string) => `Invisible character: ${name}`,
} as const;
