/** Finds settings that are valid but have no effect, so that the operator learns about them. */

import { isJsonObject, type JsonObject } from '../registry/json.ts';
import type { Path } from './document.ts';
import { mappingsOf } from './schema/mapping.ts';
import { READ_ACTION } from './schema/settings.ts';

export interface Note {
  readonly path: Path;
  readonly message: string;
}

const ANONYMOUS = 'has no effect in anonymous mode, where anyone can do everything';
const WITHOUT_AUTHZ = 'has no effect without `auth.authz`: any valid token sees everything';
const MANAGED = 'has no effect on a managed source, which is never fetched';
const READS = 'has no effect: reads are not recorded';
const REQUEST_DATA = 'has no effect: audit events never contain request data, which may be secret';

export function effectlessSettings(file: JsonObject): Note[] {
  const items = ['sources', 'registries'].flatMap((list) =>
    mappingsOf(file[list]).map(([index, item]) => ({ path: [list, index], item })),
  );
  return [
    ...accessNotes(file['auth'], items),
    ...notesIn(
      items.filter(({ item }) => item['managed'] !== undefined),
      ['syncPolicy', 'filter'],
      MANAGED,
    ),
    ...auditNotes(file['audit']),
  ];
}

/** A mapping in the file and its path. */
interface Item {
  readonly path: Path;
  readonly item: JsonObject;
}

function accessNotes(auth: unknown, items: readonly Item[]): Note[] {
  if (!isJsonObject(auth)) return [];
  if (auth['mode'] === 'anonymous') {
    return [
      ...notesIn([{ path: ['auth'], item: auth }], ['publicPaths', 'oauth', 'authz'], ANONYMOUS),
      ...notesIn(items, ['access', 'claims'], ANONYMOUS),
    ];
  }
  return auth['authz'] === undefined ? notesIn(items, ['claims'], WITHOUT_AUTHZ) : [];
}

function notesIn(items: readonly Item[], keys: readonly string[], message: string): Note[] {
  return items.flatMap(({ path, item }) =>
    keys.filter((key) => item[key] !== undefined).map((key) => note([...path, key], message)),
  );
}

function note(path: Path, message: string): Note {
  return { path, message };
}

function auditNotes(audit: unknown): Note[] {
  if (!isJsonObject(audit)) return [];
  const reads = ['eventTypes', 'excludeEventTypes'].flatMap((list) =>
    listed(audit[list])
      .filter(([, action]) => READ_ACTION.test(action))
      .map(([index]) => note(['audit', list, index], READS)),
  );
  return audit['includeRequestData'] === true ? [note(['audit', 'includeRequestData'], REQUEST_DATA), ...reads] : reads;
}

function listed(list: unknown): [number, string][] {
  return Array.isArray(list) ? list.map((item, index) => [index, String(item)]) : [];
}
