/** Where a source or registry is defined. */
export function definedByText(origin: 'file' | 'api'): string {
  return origin === 'file' ? 'the configuration file' : 'the admin API';
}
