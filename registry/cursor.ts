/**
 * Pagination cursors. A cursor contains the position of the next page and the original query, because some clients only
 * repeat the cursor (VS Code drops `search` from the second page on).
 *
 * A cursor isn't secret and grants nothing: every page is authorized on its own. A cursor that was truncated, edited,
 * or taken from another registry would silently skip entries, so it ends with a checksum over its content and its
 * registry. A checksum needs no key shared by all replicas. Forging one only gives a page that query parameters could
 * request.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { parseJson } from './json.ts';
import { isTimestamp } from './timestamp.ts';

/** The filters of a list. Absent members don't filter. */
export interface ListQuery {
  readonly search?: string;
  /** `latest`, or an exact version. */
  readonly version?: string;
  /** Only entries that changed at this time or later (RFC 3339). */
  readonly updatedSince?: string;
  /** Statuses in lower case, separated by commas. */
  readonly status?: string;
  readonly includeDeleted: boolean;
}

export interface Cursor {
  /** The last entry of the previous page. */
  readonly after: { readonly name: string; readonly version: string };
  readonly query: ListQuery;
}

/** Increase when the format changes, so that cursors of older releases are refused instead of misread. */
const FORM = 'rollcall-cursor-1';
const CHECKSUM_BYTES = 8;

/** Encodes a cursor as URL-safe text. `registry` is the identity of the list: a registry, or a kind of entries in it. */
export function encodeCursor(cursor: Cursor, registry: string): string {
  const { after, query } = cursor;
  const content = Buffer.from(
    JSON.stringify([
      after.name,
      after.version,
      query.includeDeleted ? 1 : 0,
      query.search ?? null,
      query.version ?? null,
      query.updatedSince ?? null,
      ...(query.status === undefined ? [] : [query.status]),
    ]),
  );
  return Buffer.concat([checksum(content, registry), content]).toString('base64url');
}

/** Decodes a cursor. Returns null if `encodeCursor` didn't make it for this list. */
export function decodeCursor(encoded: string, registry: string): Cursor | null {
  const bytes = Buffer.from(encoded, 'base64url');
  const content = bytes.subarray(CHECKSUM_BYTES);
  const genuine =
    // The decoder ignores invalid characters and trailing bits, so compare with the canonical encoding.
    bytes.toString('base64url') === encoded && bytes.subarray(0, CHECKSUM_BYTES).equals(checksum(content, registry));
  return genuine ? readContent(content) : null;
}

/** Checksums can be forged, so the content is validated. Postgres can't store NUL. */
const text = z.string().refine((value) => !value.includes('\0'));
const contentSchema = z.tuple([
  text,
  text,
  z.literal([0, 1]),
  text.nullable(),
  text.nullable(),
  text.refine(isTimestamp).nullable(),
  text.optional(),
]);

function readContent(content: Buffer): Cursor | null {
  const parsed = contentSchema.safeParse(parseJson(content.toString()));
  if (!parsed.success) {
    return null;
  }
  const [name, version, includeDeleted, search, exactVersion, updatedSince, status] = parsed.data;
  return {
    after: { name, version },
    query: {
      includeDeleted: includeDeleted === 1,
      ...(search !== null && { search }),
      ...(exactVersion !== null && { version: exactVersion }),
      ...(updatedSince !== null && { updatedSince }),
      ...(status !== undefined && { status }),
    },
  };
}

function checksum(content: Buffer, registry: string): Buffer {
  return createHash('sha256').update(`${FORM}\0${registry}\0`).update(content).digest().subarray(0, CHECKSUM_BYTES);
}
