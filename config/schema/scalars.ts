/** Schemas of the scalar values in a configuration file. */

import { isIP } from 'node:net';

import { z } from 'zod';

import { badPattern } from '../../registry/patterns/filter.ts';
import { isLoopbackHost } from '../../registry/loopback.ts';
import { DURATION_PATTERN, durationMilliseconds, durationText } from '../duration.ts';
import { LISTEN_ADDRESS, LISTEN_ADDRESS_EXAMPLE, PORT_PATTERN } from '../listen-address.ts';

/** The maximum number of items in a list of patterns, tags, namespaces, or headers. */
export const MAX_ITEMS = 200;
export const TOO_MANY = `has too many items: the maximum is ${MAX_ITEMS}`;

const RESERVED_REGISTRY_NAMES: readonly string[] = ['v0', 'v0.1'];

/** The default limit of a text; also the limit of file paths on Linux. */
const MAX_TEXT_LENGTH = 4_096;

export const text = nonEmpty(MAX_TEXT_LENGTH);

/** A file path, relative to the folder of the configuration file. */
export const filePath = nonEmpty(MAX_TEXT_LENGTH);

/** The longest URL, in characters: the limit of most servers, and of the sitemap protocol. */
export const MAX_URL_LENGTH = 2_048;

/** A text with an upper bound, in UTF-16 code units. */
export function nonEmpty(maxLength: number): z.ZodString {
  return z.string().min(1, 'is empty').max(maxLength, tooLong(maxLength));
}

/** The message for a text above its limit. */
export function tooLong(maxLength: number): string {
  return `is too long: at most ${maxLength} characters are allowed`;
}

/** A DNS label. It becomes part of a workflow ID and, in older generations of the file, of a URL. */
export const sourceName = z
  .string()
  .regex(
    /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/,
    'expected 1 to 63 lowercase letters, digits, and hyphens, without a hyphen at either end',
  );

export const registryName = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[-._A-Za-z0-9]{0,126}[A-Za-z0-9])?$/,
    'expected 1 to 128 letters, digits, dots, underscores, and hyphens, starting and ending with a letter or digit',
  )
  .refine((name) => !RESERVED_REGISTRY_NAMES.includes(name), 'is reserved, because it is part of API paths');

const MAX_DURATION_LENGTH = 64;
/** Ten years. Longer durations are mistakes, and timers may not support them. */
const LONGEST_DURATION_MS = 87_600 * 3_600_000;

/** A duration, converted to milliseconds. Default limit: ten years. */
export function duration(limits: {
  readonly atLeastMs: number;
  readonly atMostMs?: number;
}): z.ZodType<number, string> {
  return z
    .string({
      error: ({ input }) => (input === undefined ? undefined : 'expected a duration such as `30m` or `1h30m`'),
    })
    .max(MAX_DURATION_LENGTH, { error: tooLong(MAX_DURATION_LENGTH), abort: true })
    .regex(DURATION_PATTERN, 'expected a duration such as `30m`, `1h30m`, or `100ms`')
    .transform(durationMilliseconds)
    .superRefine((milliseconds, context) => {
      const { atLeastMs, atMostMs = LONGEST_DURATION_MS } = limits;
      if (milliseconds < atLeastMs) context.addIssue(`is too short: the minimum is ${durationText(atLeastMs)}`);
      if (milliseconds > atMostMs) context.addIssue(`is too long: the maximum is ${durationText(atMostMs)}`);
    });
}

const SHARE = 'expected a share from 0 to 1 or a percentage such as `50%`';

/** A share from 0 to 1, or as a percentage. */
export const share: z.ZodType<number, number | string> = z
  .union([z.number().min(0, SHARE).max(1, SHARE), z.string().regex(/^(?:100|\d{1,2}(?:\.\d+)?)%$/, SHARE)], {
    error: SHARE,
  })
  .transform((value) => (typeof value === 'number' ? value : Number.parseFloat(value) / 100));

export const port = z.int().min(1).max(65_535);

/** `host:port`; IPv6 in brackets. */
export const hostAndPort = z
  .string()
  .regex(
    new RegExp(String.raw`^(?:\[[0-9A-Fa-f:.]+\]|[^\s:/[\]]+):${PORT_PATTERN}$`),
    'expected `host:port`, such as `localhost:7233`',
  );

/** `host:port`, or `:port` for all interfaces. Port 0 selects a free port. */
export const listenAddress = z.string().regex(LISTEN_ADDRESS, `expected ${LISTEN_ADDRESS_EXAMPLE}`);

/** An HTTP or HTTPS URL without credentials, because URLs appear in histories and logs. */
export function httpUrl(insteadOfCredentials: string): z.ZodType<string, string> {
  return z.string().superRefine((value, context) => {
    if (value.length > MAX_URL_LENGTH) return context.addIssue(tooLong(MAX_URL_LENGTH));
    const url = URL.parse(value);
    if (url === null || !/^https?:$/.test(url.protocol)) {
      context.addIssue('expected a URL that starts with https:// or http://');
    } else if (url.username !== '' || url.password !== '') {
      context.addIssue(`contains credentials: remove them from the URL; ${insteadOfCredentials}`);
    }
  });
}

/** An HTTPS URL, or an HTTP URL on loopback: its answers decide who is authenticated. */
export const secureUrl = httpUrl('this setting has no use for them').superRefine((value, context) => {
  const url = URL.parse(value);
  if (url === null) return;
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    context.addIssue('expected a URL that starts with https://; http:// is allowed for loopback addresses only');
  }
  if (value.includes('#')) context.addIssue('expected a URL without a fragment');
});

const ADDRESS_RANGE = 'expected an address or an address range, such as `10.0.0.7`, `10.0.0.0/8`, or `fd00::/8`';

/** An IP address or a CIDR range. */
export const addressRange = z.string().refine(isAddressRange, ADDRESS_RANGE);

/** An IP address, a CIDR range, or a host name. */
export const hostOrAddressRange = z
  .string()
  .refine(
    (value) => isAddressRange(value) || isHostName(value),
    `${ADDRESS_RANGE}, or a host name such as \`git.example.com\``,
  );

/** A host name without scheme and port, converted to lower case. */
export const hostName = z
  .string()
  .refine(
    (value) => isIP(value) !== 0 || isHostName(value),
    'expected a host name without scheme and port, such as `registry.example.com`',
  )
  .transform((value) => value.toLowerCase());

function isAddressRange(value: string): boolean {
  const [address = '', prefix, ...others] = value.split('/');
  const version = isIP(address);
  if (version === 0 || others.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

/** A host name can't end with a numeric label: that would be a mistyped address. */
function isHostName(value: string): boolean {
  return /^(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)*(?!\d+$)(?!-)[a-z0-9-]{1,63}(?<!-)$/i.test(value);
}

/** A glob that matches whole server names, as in filters. */
export const serverNamePattern = z.string().superRefine((value, context) => {
  const reason = badPattern(value);
  if (reason !== null) context.addIssue(reason);
});
