/** Claims as a terminal shows them and as options give them. */
import { InvalidArgumentError } from 'commander';
import type { Claims } from '../../registry/claims.ts';

/** `team=payments, region=eu|us`; null without any. */
export function claimsText(claims: Claims | null): string | null {
  const texts = Object.entries(claims ?? {}).map(([name, value]) => `${name}=${[value].flat().join('|')}`);
  return texts.length === 0 ? null : texts.join(', ');
}

/** Gathers the values of an option `name=value` that may be given several times; the same name again makes a list. */
export function collectClaim(text: string, claims: Claims | undefined): Claims {
  const separator = text.indexOf('=');
  if (separator < 1) throw new InvalidArgumentError('Expected NAME=VALUE, such as team=payments.');
  const name = text.slice(0, separator);
  const value = text.slice(separator + 1);
  const before = claims?.[name];
  return { ...claims, [name]: before === undefined ? value : [...[before].flat(), value] };
}
