export const texts = {
  windowTitle: (page: string) => `${page} · Rollcall`,
  loading: 'Loading',
  retry: 'Try again',
  failed: 'Loading failed',
  unreachable: 'The server does not answer. Check that it runs and that you are online.',
  refused: 'Request refused',
  faults: (count: number) => (count === 1 ? '1 fault' : `${count} faults`),
  line: (line: number) => `Line ${line}`,
  copy: 'Copy',
  copyOf: (what: string) => `Copy: ${what}`,
  copied: 'Copied',
  hidden: (name: string) => `Invisible character: ${name}`,
} as const;
