/** `/v1/sources` */
import type { RequestHandler } from 'express';
import { findSource, type SourceRow } from '../../db/configuration/sources.ts';
import { sees } from '../access/permissions.ts';
import { ask, make, makeFrom, operationContext } from '../admin/operation.ts';
import { createSource, deleteSource, updateSource } from '../admin/source-changes.ts';
import { getSource, listSources } from '../admin/sources.ts';
import type { ApiContext } from '../context.ts';
import { pathParameter } from '../http/routes.ts';
import { kindOf } from '../../sources/index.ts';
import { type ListedSource, syncStatusesOf } from '../toolhive/sync-status.ts';
import { goDuration } from './go-duration.ts';
import { namedInput } from './request-body.ts';
import type { SourceInfo } from './response-schemas.ts';

type DescribedSource = Pick<
  SourceRow,
  'name' | 'kind' | 'origin' | 'definition' | 'claims' | 'createdAt' | 'updatedAt'
>;

export function getSources(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const sources = await ask(operationContext(context, request), listSources, undefined);
    response.json({ sources: await infosWithStatus(context, sources) });
  };
}

export function getSourceByName(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const name = pathParameter(request, 'name');
    const source = await ask(operationContext(context, request), getSource, { name });
    const [described] = await infosWithStatus(context, [source]);
    response.json(described);
  };
}

/** Creates the source, or changes it where there is one: 201 or 200. */
export function putSource(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const operation = operationContext(context, request);
    const existing = await findSource(context.database, pathParameter(request, 'name'));
    const isThere = existing !== null && sees(operation.caller, existing.claims);
    const { isPending, ...source } = await makeFrom(
      operation,
      isThere ? updateSource : createSource,
      namedInput(request),
    );
    response.status(isThere ? 200 : 201).json({ ...info(source), ...(isPending && { notice: PENDING }) });
  };
}

const PENDING = 'It is stored, and takes effect some minutes after Temporal, which does not answer now, is back.';

/** 204 once the source and its entries are gone; 202 with a notice while they wait for the source's actor. */
export function deleteSourceByName(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const input = { name: pathParameter(request, 'name') };
    const { isPending } = await make(operationContext(context, request), deleteSource, input);
    if (isPending) response.status(202).json({ notice: PENDING_DELETION });
    else response.status(204).end();
  };
}

const PENDING_DELETION =
  'The source is no longer served. It is deleted within minutes after Temporal, which is unavailable, is available again.';

async function infosWithStatus(
  { database }: ApiContext,
  sources: readonly (ListedSource & DescribedSource)[],
): Promise<SourceInfo[]> {
  const statuses = await syncStatusesOf(database, sources);
  return sources.map((source, index) => ({
    ...info(source),
    syncStatus: { ...statuses[index]!, skillCount: 0, pluginCount: 0 },
  }));
}

function info({ name, kind, origin, definition, claims, createdAt, updatedAt }: DescribedSource): SourceInfo {
  const { intervalMs } = definition.syncPolicy;
  return {
    name,
    type: kind,
    sourceType: kind,
    creationType: origin === 'api' ? 'API' : 'CONFIG',
    sourceConfig: kindOf(definition.origin).written(definition.origin),
    ...(definition.filter !== undefined && { filterConfig: { ...definition.filter } }),
    ...(intervalMs !== null && { syncSchedule: goDuration(intervalMs) }),
    ...(claims !== null && { claims }),
    createdAt,
    updatedAt,
  };
}
