/** `/v1/sources` */
import { z } from 'zod';
import { mapping } from '../../../config/schema/mapping.ts';
import { sourceMembers } from '../../../config/schema/file.ts';
import { findSource, type SourceRow } from '../../../db/configuration/sources.ts';
import { kindOf } from '../../../sources/index.ts';
import { sees } from '../../access/permissions.ts';
import { ask, make, makeFrom, operationContext } from '../../admin/operation.ts';
import { createSource, deleteSource, updateSource } from '../../admin/sources/changes.ts';
import { getSource, listSources } from '../../admin/sources/reads.ts';
import type { ApiContext } from '../../context.ts';
import { type ListedSource, syncStatusesOf } from '../toolhive/sync-status.ts';
import { type Call, endpoint } from '../endpoint.ts';
import { pathParameters } from '../common-parts.ts';
import { sendSourceEntries } from './entry-lists.ts';
import { namedInput, namesInPath } from './request-body.ts';
import { possiblyNoClaims, sourceEntries, type SourceInfo, sourceInfo, sourceInfos } from './response-schemas.ts';

type DescribedSource = Pick<
  SourceRow,
  'name' | 'kind' | 'origin' | 'definition' | 'claims' | 'createdAt' | 'updatedAt'
>;

const ofSource = {
  name: pathParameters.registry.meta({ description: 'Name of the source.', example: 'partner-catalog' }),
};

export const sourceEndpoints = [
  endpoint({
    method: 'get',
    path: '/sources',
    access: 'token',
    operationId: 'listSources',
    summary: 'List sources',
    answers: { 200: { description: 'The current state.', schema: sourceInfos } },
    handle: async ({ context, request }) => {
      const sources = await ask(operationContext(context, request), listSources, undefined);
      return { sources: await infosWithStatus(context, sources) };
    },
  }),
  endpoint({
    method: 'get',
    path: '/sources/:name',
    access: 'token',
    operationId: 'getSource',
    summary: 'Read a source',
    parameters: ofSource,
    answers: { 200: { description: 'The current state.', schema: sourceInfo } },
    errors: [404],
    handle: async ({ context, request }) => {
      const source = await ask(operationContext(context, request), getSource, namesInPath(request));
      const [described] = await infosWithStatus(context, [source]);
      return described!;
    },
  }),
  endpoint({
    method: 'put',
    path: '/sources/:name',
    access: 'write',
    operationId: 'putSource',
    summary: 'Create or change a source',
    parameters: ofSource,
    body: mapping({ ...sourceMembers, claims: possiblyNoClaims }).meta({ id: 'Source' }),
    answers: {
      200: { description: 'Changed.', schema: sourceInfo },
      201: { description: 'Created.', schema: sourceInfo },
    },
    errors: [404, 409],
    handle: putSource,
  }),
  endpoint({
    method: 'delete',
    path: '/sources/:name',
    access: 'write',
    operationId: 'deleteSource',
    summary: 'Delete a source and its entries',
    parameters: ofSource,
    answers: {
      202: {
        description: 'It is no longer served, and is deleted once Temporal is available again.',
        schema: z.object({ notice: z.string() }),
      },
      204: { description: 'Done.' },
    },
    errors: [404, 409],
    handle: async ({ context, request, response }) => {
      const { isPending } = await make(operationContext(context, request), deleteSource, namesInPath(request));
      if (!isPending) return void response.status(204).end();
      response.status(202);
      return { notice: PENDING_DELETION };
    },
  }),
  endpoint({
    method: 'get',
    path: '/sources/:name/entries',
    access: 'token',
    operationId: 'listSourceEntries',
    summary: 'List the entries of a source',
    parameters: ofSource,
    answers: { 200: { description: 'The current state.', schema: sourceEntries } },
    errors: [404],
    handle: sendSourceEntries,
  }),
];

/** Creates the source, or changes it if it exists and the caller can see it. */
async function putSource({ context, request, response }: Call): Promise<SourceInfo> {
  const operation = operationContext(context, request);
  const existing = await findSource(context.database, namesInPath(request).name);
  const exists = existing !== null && sees(operation.caller, existing.claims);
  const { isPending, ...source } = await makeFrom(operation, exists ? updateSource : createSource, namedInput(request));
  response.status(exists ? 200 : 201);
  return { ...info(source), ...(isPending && { notice: PENDING }) };
}

const PENDING = 'The change is stored. It takes effect some minutes after Temporal is available again.';
const PENDING_DELETION =
  'The source is no longer served. It is deleted within minutes after Temporal is available again.';

async function infosWithStatus(
  { database }: ApiContext,
  sources: readonly (ListedSource & DescribedSource)[],
): Promise<SourceInfo[]> {
  const statuses = await syncStatusesOf(database, sources);
  return sources.map((source, index) => ({
    ...info(source),
    syncStatus: {
      ...statuses[index]!,
      skillCount: source.entryCounts.skill,
      pluginCount: source.entryCounts.plugin,
    },
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

const HOUR = 3_600_000;
const MINUTE = 60_000;
const SECOND = 1000;

/** Formats a duration as Go does: `30m0s`, `1h0m0s`, `1.5s`, `500ms`. Larger units that are zero are left out. */
function goDuration(milliseconds: number): string {
  if (milliseconds > 0 && milliseconds < SECOND) return `${milliseconds}ms`;
  const hours = Math.floor(milliseconds / HOUR);
  const minutes = Math.floor((milliseconds % HOUR) / MINUTE);
  const seconds = (milliseconds % MINUTE) / SECOND;
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
