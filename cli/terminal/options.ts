/** Options that several commands have. */
import { InvalidArgumentError, Option } from 'commander';
import { LISTEN_ADDRESS, LISTEN_ADDRESS_EXAMPLE } from '../../config/listen-address.ts';
import type { Claims } from '../../registry/claims.ts';
import { ENTRY_KINDS } from '../../registry/entry-kind.ts';

/** `--kind`: what kind of entry a command is about. Default: a server. */
export function entryKindOption(): Option {
  return new Option('--kind <kind>', 'kind of the entry').choices(ENTRY_KINDS).default('server');
}

/** Parses the value of an option that takes a whole number of at least 1. */
export function positiveInteger(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new InvalidArgumentError('Expected a whole number of at least 1.');
  return number;
}

/** Parses the value of an option that takes the address to listen on. */
export function listenAddress(text: string): string {
  if (!LISTEN_ADDRESS.test(text)) throw new InvalidArgumentError(`Expected ${LISTEN_ADDRESS_EXAMPLE}.`);
  return text;
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
