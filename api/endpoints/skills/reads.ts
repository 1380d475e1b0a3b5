/** Reading skills and plugins: lists, versions, single entries. */
import type { z } from 'zod';
import { readConsistently } from '../../../db/connection/consistent-read.ts';
import { isCutShort } from '../../../db/entries/entry-rows.ts';
import { listExactFirst } from '../../../db/entries/entries.ts';
import { listVersions, streamVersions } from '../../../db/entries/versions.ts';
import { type Cursor, decodeCursor, encodeCursor, type ListQuery } from '../../../registry/cursor.ts';
import type { EntryStatus } from '../../../registry/entry.ts';
import { type SkillKind, storedName } from '../../../registry/entry-kind.ts';
import { entriesOf } from '../../access/visibility.ts';
import { servedView } from '../../context.ts';
import { HttpError } from '../../http/error.ts';
import { pathParameter, requiredParameter } from '../../http/path-parameter.ts';
import type { Call } from '../endpoint.ts';
import { listJson, listPieces } from '../v0.1/item-json.ts';
import { type PageOfList, refuseContradiction } from '../v0.1/list-query.ts';
import type { readParameters } from '../v0.1/parameters.ts';
import { SKILL_LISTS, skillJson } from './item-json.ts';
import { DEFAULT_LIMIT, type SkillListParameters } from './parameters.ts';

/** `GET …/skills` and `GET …/plugins` */
export async function listSkills(kind: SkillKind, call: Call<SkillListParameters>): Promise<void> {
  const { context, request, response } = call;
  const view = await servedView(context, request);
  const list = `${view.registry.name}\0${kind}`;
  const { query, after, limit } = pageOf(call.query, list);
  const { search = null, version = null, updatedSince = null, status = null, includeDeleted } = query;
  const place = [after?.name ?? null, after?.version ?? null, limit];
  await context.pages.send(request, response, {
    view,
    key: [kind, ...place, search, version, updatedSince, status, includeDeleted],
    make: async () => {
      const found = await listExactFirst(context.database, {
        ...entriesOf(view, kind),
        ...query,
        statuses: status?.split(',') as readonly EntryStatus[] | undefined,
        after,
        limit: limit + 1,
      });
      const entries = found.slice(0, limit);
      const last = entries.at(-1);
      const hasMore = found.length > limit || isCutShort(found, limit + 1);
      if (last === undefined || !hasMore) return listJson(entries, undefined, SKILL_LISTS[kind]);
      const next: Cursor = { after: { name: last.name, version: last.version }, query };
      return listJson(entries, encodeCursor(next, list), SKILL_LISTS[kind]);
    },
  });
}

/** @throws HttpError 400 for a cursor that was tampered with, or made for another list or query */
function pageOf(given: SkillListParameters, list: string): PageOfList {
  const limit = given.limit ?? DEFAULT_LIMIT;
  if (given.cursor === undefined) return { query: queryOf(given), after: undefined, limit };
  const cursor = decodeCursor(given.cursor, list);
  if (cursor === null) {
    throw new HttpError(400, 'Query parameter "cursor" is not a cursor of this list: start again without it');
  }
  const { search, updatedSince, status, includeDeleted } = cursor.query;
  refuseContradiction([
    ['search', given.search, search],
    ['status', given.status?.join(','), status],
    ['updated_since', given.updated_since, updatedSince],
    ['all_versions', given.all_versions, cursor.query.version === undefined],
    ['include_deleted', given.include_deleted, includeDeleted],
  ]);
  return { query: cursor.query, after: cursor.after, limit };
}

function queryOf(given: SkillListParameters): ListQuery {
  const { search, status, updated_since: updatedSince, all_versions: allVersions, include_deleted: deleted } = given;
  return {
    ...(search !== undefined && { search }),
    ...(status !== undefined && { status: status.join(',') }),
    ...(updatedSince !== undefined && { updatedSince }),
    ...(allVersions !== true && { version: 'latest' }),
    includeDeleted: deleted === true || updatedSince !== undefined || status?.includes('deleted') === true,
  };
}

type ReadCall = Call<z.output<typeof readParameters>>;

/** `GET …/{namespace}/{name}/versions`: all of them, newest publication first. */
export async function listSkillVersions(kind: SkillKind, call: ReadCall): Promise<void> {
  const { context, request, response, query } = call;
  const view = await servedView(context, request);
  const name = nameIn(call);
  const { include_deleted: includeDeleted = false } = query;
  await context.pages.send(request, response, {
    view,
    server: storedName(kind, name),
    key: [kind, 'versions', name, includeDeleted],
    make: async () => {
      const asked = { ...entriesOf(view, kind), name, includeDeleted };
      const { entries, areAll } = await listVersions(context.database, asked);
      if (entries.length === 0) throw noSuchSkill(view.registry.name, kind, name);
      if (areAll) return listJson(entries, undefined, SKILL_LISTS[kind]);
      return (reader) =>
        readConsistently(context.database, reader, (transaction) =>
          listPieces(streamVersions(transaction, asked), SKILL_LISTS[kind]),
        );
    },
  });
}

/** `GET …/{namespace}/{name}/versions/{version}`, or `latest`; the latest if the path has no version. */
export async function getSkillVersion(kind: SkillKind, call: ReadCall): Promise<void> {
  const { context, request, response, query } = call;
  const view = await servedView(context, request);
  const name = nameIn(call);
  const version = pathParameter(request, 'version') ?? 'latest';
  const { include_deleted: includeDeleted = false } = query;
  await context.pages.send(request, response, {
    view,
    server: storedName(kind, name),
    key: [kind, 'version', name, version, includeDeleted],
    make: async () => {
      const entry = await context.lookUps.find({ ...entriesOf(view, kind), name, version, includeDeleted });
      if (entry !== null) return skillJson(entry);
      if (version === 'latest') throw noSuchSkill(view.registry.name, kind, name);
      const wanted = `version "${version}" of ${kind} "${name}"`;
      throw new HttpError(404, `Registry "${view.registry.name}" has no ${wanted}`);
    },
  });
}

function nameIn({ request }: Pick<Call, 'request'>): string {
  return `${requiredParameter(request, 'namespace')}/${requiredParameter(request, 'name')}`;
}

function noSuchSkill(registryName: string, kind: SkillKind, name: string): HttpError {
  return new HttpError(404, `Registry "${registryName}" has no ${kind} "${name}"`);
}
