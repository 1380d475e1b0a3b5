/**
 * The cursor of a list: where the next page begins, and the query that the walk began with, since clients repeat the
 * cursor but not always the rest (VS Code drops `search` from the second page on).
 *
 * A cursor is no secret and grants nothing: every page is authorised by itself. What has to be noticed is a cursor
 * that was cut, edited or taken from another registry, because it would silently skip entries. So it ends with a
 * checksum over its content and the registry that it belongs to, and needs no key that all replicas would have to
 * share. Whoever computes the checksum by hand gets a page that query parameters could have asked for.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { parseJson } from './json.ts';
import { isTimestamp } from './timestamp.ts';

/** The filters of a list; a member that is absent does not filter. */
export interface ListQuery {
  readonly search?: string;
  /** `latest`, or a version exactly as it is published. */
  readonly version?: string;
  /** RFC 3339. */
  readonly updatedSince?: string;
  readonly includeDeleted: boolean;
}

export interface Cursor {
  /** The last entry of the page before. */
  readonly after: { readonly name: string; readonly version: string };
  readonly query: ListQuery;
}

/** Raised with the form of the cursor, so that one of an older release is refused, not misread. */
const FORM = 'rollcall-cursor-1';
const CHECKSUM_BYTES = 8;

/** A cursor as text that needs no escaping in a URL. `registry` is the identity of the registry that is listed. */
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
    ]),
  );
  return Buffer.concat([checksum(content, registry), content]).toString('base64url');
}

/** What `encodeCursor` was given; null for anything that it did not make for this registry. */
export function decodeCursor(encoded: string, registry: string): Cursor | null {
  const bytes = Buffer.from(encoded, 'base64url');
  const content = bytes.subarray(CHECKSUM_BYTES);
  const genuine =
    // Decoding forgives characters that are no base64url, and bits left over at the end.
    bytes.toString('base64url') === encoded && bytes.subarray(0, CHECKSUM_BYTES).equals(checksum(content, registry));
  return genuine ? readContent(content) : null;
}

/** What can be in a query; a checksum is computed by hand sooner than one thinks, and Postgres has no NUL. */
const text = z.string().refine((value) => !value.includes('\0'));
const contentSchema = z.tuple([
  text,
  text,
  z.literal([0, 1]),
  text.nullable(),
  text.nullable(),
  text.refine(isTimestamp).nullable(),
]);

function readContent(content: Buffer): Cursor | null {
  const parsed = contentSchema.safeParse(parseJson(content.toString()));
  if (!parsed.success) {
    return null;
  }
  const [name, version, includeDeleted, search, exactVersion, updatedSince] = parsed.data;
  return {
    after: { name, version },
    query: {
      includeDeleted: includeDeleted === 1,
      ...(search !== null && { search }),
      ...(exactVersion !== null && { version: exactVersion }),
      ...(updatedSince !== null && { updatedSince }),
    },
  };
}

function checksum(content: Buffer, registry: string): Buffer {
  return createHash('sha256').update(`${FORM}\0${registry}\0`).update(content).digest().subarray(0, CHECKSUM_BYTES);
}
