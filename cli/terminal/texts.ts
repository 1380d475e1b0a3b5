/** Short texts that several commands print. */
import type { Claims } from '../../registry/claims.ts';

/** `1 source`, `2 sources`. */
export function countText(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Where a source or registry is defined. */
export function definedByText(origin: 'file' | 'api'): string {
  return origin === 'file' ? 'the configuration file' : 'the admin API';
}

/** `team=payments, region=eu|us`; null if there are none. */
export function claimsText(claims: Claims | null): string | null {
  const texts = Object.entries(claims ?? {}).map(([name, value]) => `${name}=${[value].flat().join('|')}`);
  return texts.length === 0 ? null : texts.join(', ');
}
