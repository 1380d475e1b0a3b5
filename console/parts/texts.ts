export const texts = {
  loading: 'Loading',
  retry: 'Try again',
  failed: 'This could not be loaded',
  unreachable: 'The server does not answer. Check that it runs and that you are online.',
  copy: 'Copy',
  copied: 'Copied',
  hidden: (name: string) => `Invisible character: ${name}`,
} as const;
