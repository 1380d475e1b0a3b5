/** Who can change a source or a registry. */
export function definedByText(origin: 'file' | 'api'): string {
  return origin === 'file' ? 'the configuration file' : 'the admin API';
}
