/** The configuration of a file source, and its stored definition. */
import { resolve } from 'node:path';
import type { z } from 'zod';
import { durationText } from '../../config/duration.ts';
import { mapping, withRule } from '../../config/schema/mapping.ts';
import { duration, filePath, httpUrl, nonEmpty } from '../../config/schema/scalars.ts';
import type { Surroundings } from '../../config/settings.ts';

const MINUTE = 60_000;
/** Inline data is part of the definition, and Temporal accepts messages up to 2 MiB. */
const MAX_DATA_LENGTH = 1_000_000;
const FILE_URL_TIMEOUT_MS = 30_000;

export type FileOrigin = {
  readonly kind: 'file';
  /** Exactly one of path (watched), url (conditional GET), and inline data. */
  readonly location:
    | { readonly path: string }
    | { readonly url: string; readonly timeoutMs: number }
    | { readonly data: string };
};

export const schema = withRule(
  mapping({
    path: filePath.exactOptional().describe('Path of the registry file, which is watched'),
    url: httpUrl('a file source has no setting for them').exactOptional().describe('URL of the registry file'),
    timeout: duration({ atLeastMs: 1, atMostMs: 5 * MINUTE })
      .exactOptional()
      .describe('Timeout of a request to `url`. Default 30s'),
    data: nonEmpty(MAX_DATA_LENGTH).exactOptional().describe('The registry document itself'),
  }),
  ({ path, url, data, timeout }, report) => {
    const given = [path, url, data].filter((location) => location !== undefined).length;
    if (given !== 1) report([], 'expected exactly one of `path`, `url`, and `data`');
    if (timeout !== undefined && url === undefined) report(['timeout'], 'belongs to `url`');
  },
);

export type Written = z.output<typeof schema>;

export function originOf(file: Written, { folder }: Surroundings): FileOrigin {
  const { path, url, data = '', timeout = FILE_URL_TIMEOUT_MS } = file;
  if (path !== undefined) return { kind: 'file', location: { path: resolve(folder, path) } };
  if (url !== undefined) return { kind: 'file', location: { url, timeoutMs: timeout } };
  return { kind: 'file', location: { data } };
}

export function written({ location }: FileOrigin): Record<string, unknown> {
  if (!('url' in location)) return location;
  return { url: location.url, timeout: durationText(location.timeoutMs) };
}
