/** Claims as shown in a terminal and as passed in options. */
import { InvalidArgumentError } from 'commander';
import type { Claims } from '../../registry/claims.ts';

/** `team=payments, region=eu|us`; null if there are none. */
export function claimsText(claims: Claims | null): string | null {
  const texts = Object.entries(claims ?? {}).map(([name, value]) => `${name}=${[value].flat().join('|')}`);
  return texts.length === 0 ? null : texts.join(', ');
}

/** Collects a repeatable `name=value` option. A repeated name becomes a list of values. */
export function collectClaim(text: string, claims: Claims | undefined): Claims {
  const separator = text.indexOf('=');
  if (separator < 1) throw new InvalidArgumentError('Expected NAME=VALUE, such as team=payments.');
  const name = text.slice(0, separator);
  const value = text.slice(separator + 1);
  const before = claims?.[name];
  return { ...claims, [name]: before === undefined ? value : [...[before].flat(), value] };
}
