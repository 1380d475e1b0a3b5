/** `/registry/{registry}/exports`: a registry as the policy and configuration files of clients. */
import { z } from 'zod';
import 'zod-openapi';
import {
  EXPORT_MODES,
  EXPORT_VERSIONS,
  type ExportOptions,
  type TargetFacts,
} from '../../../registry/exports/target.ts';
import type { EntryKind } from '../../../registry/entry-kind.ts';
import { ALL_TARGETS, findTarget } from '../../../registry/exports/targets.ts';
import { sendContent } from '../../cache/sent-content.ts';
import { servedView } from '../../context.ts';
import { HttpError } from '../../http/error.ts';
import { requiredParameter } from '../../http/path-parameter.ts';
import { addressOf } from '../../http/request.ts';
import { text } from '../../http/values.ts';
import { type Call, endpoint, type EndpointGroup } from '../endpoint.ts';
import { pathParameters } from '../common-parts.ts';
import type { ExportRequest } from './rendered-exports.ts';
import { type ExportList, exportList, type ExportReport, exportReport } from './response-schemas.ts';

const { registry } = pathParameters;
const exportTarget = text.meta({
  description: `One of ${ALL_TARGETS.map(({ id }) => id).join(', ')}.`,
  example: 'vscode-mcp',
});

const exportParameters = z.object({
  mode: z
    .enum(EXPORT_MODES, `must be one of ${EXPORT_MODES.join(', ')}`)
    .optional()
    .meta({
      description:
        'Purpose of the file: `provide` gives users the servers, `allow` lets them use those that they add themselves. The default is the first mode of the target.',
    }),
  version: z
    .enum(EXPORT_VERSIONS, `must be one of ${EXPORT_VERSIONS.join(', ')}`)
    .optional()
    .meta({
      description:
        'Allowed versions: `all` active ones, the default, or only the `latest` of each server. Files that give users servers have the latest version.',
    }),
});

export const clientExports: EndpointGroup = {
  bases: [{ path: '/registry/:registry', tag: 'Exports', parameters: { registry } }],
  endpoints: [
    endpoint({
      method: 'get',
      path: '/exports',
      access: 'registry',
      operationId: 'listClientExports',
      summary: 'List the exports for clients, with what each includes and leaves out',
      answers: { 200: { description: 'The targets.', schema: exportList } },
      errors: [404],
      handle: listExports,
    }),
    endpoint({
      method: 'get',
      path: '/exports/:target',
      access: 'registry',
      operationId: 'getClientExport',
      summary: 'Read the policy or configuration file of a client',
      description: 'The entity tag identifies the content: it changes only when the file does.',
      parameters: { target: exportTarget },
      query: exportParameters,
      answers: {
        200: {
          description: 'The file, in the format of the client.',
          schema: z.looseObject({}),
          otherTypes: { 'application/toml': z.string(), 'text/plain': z.string() },
        },
      },
      errors: [404, 422],
      handle: sendExport,
    }),
    endpoint({
      method: 'get',
      path: '/exports/:target/report',
      access: 'registry',
      operationId: 'getClientExportReport',
      summary: 'Report which servers an export includes, and why it leaves others out',
      parameters: { target: exportTarget },
      query: exportParameters,
      answers: { 200: { description: 'A line for each server.', schema: exportReport } },
      errors: [404, 422],
      handle: sendReport,
    }),
  ],
};

async function listExports({ context, request, response }: Call): Promise<void> {
  const view = await servedView(context, request);
  const targets: ExportList['targets'] = [];
  let changedAt: string | null = null;
  const tooLarge = new Set<EntryKind>();
  for (const target of ALL_TARGETS) {
    const options: ExportOptions = { mode: target.modes[0], versions: 'all' };
    const kind = 'lists' in target ? target.lists : 'server';
    const made = tooLarge.has(kind)
      ? null
      : await context.exports.of({ view, target, options }, addressOf(request)).catch(nullIfTooLarge);
    if (made === null) tooLarge.add(kind);
    else changedAt = made.changedAt;
    targets.push({ ...description(target), ...(made !== null && counts(made.report)) });
  }
  const list = `${JSON.stringify({ targets } satisfies ExportList)}\n`;
  await sendContent(request, response, { body: list, contentType: 'application/json', changedAt });
}

function nullIfTooLarge(error: unknown): null {
  if (error instanceof HttpError && error.status === 422) return null;
  throw error;
}

function description({
  id,
  title,
  documentation,
  fileName,
  contentType,
  modes,
  limits,
}: TargetFacts): Omit<ExportList['targets'][number], 'included' | 'leftOut'> {
  return { target: id, title, documentation, fileName, contentType, modes: [...modes], limits: [...limits] };
}

function counts(report: readonly { readonly included: boolean }[]): { included: number; leftOut: number } {
  const included = report.filter((line) => line.included).length;
  return { included, leftOut: report.length - included };
}

type ExportCall = Call<z.output<typeof exportParameters>>;

async function sendExport({ context, request, response, query }: ExportCall): Promise<void> {
  const { view, target, options } = await exportRequest({ context, request, query });
  const { text: file, changedAt } = await context.exports.of({ view, target, options }, addressOf(request));
  response.set('Content-Disposition', `inline; filename="${target.fileName}"`);
  await sendContent(request, response, { body: file, contentType: target.contentType, changedAt });
}

async function sendReport({ context, request, response, query }: ExportCall): Promise<void> {
  const { view, target, options } = await exportRequest({ context, request, query });
  const { report, changedAt } = await context.exports.of({ view, target, options }, addressOf(request));
  const body = {
    target: target.id,
    mode: options.mode,
    versions: options.versions,
    ...counts(report),
    servers: report.map(({ versions, notes, ...line }) => ({
      ...line,
      versions: [...versions],
      notes: [...notes],
    })),
  } satisfies ExportReport;
  await sendContent(request, response, {
    body: `${JSON.stringify(body)}\n`,
    contentType: 'application/json',
    changedAt,
  });
}

/** @throws HttpError 404 for a registry or a target that does not exist, 400 for a mode that the target does not have */
async function exportRequest({ context, request, query }: Omit<ExportCall, 'response'>): Promise<ExportRequest> {
  const view = await servedView(context, request);
  const id = requiredParameter(request, 'target');
  const target = findTarget(id);
  if (target === undefined) {
    throw new HttpError(
      404,
      `There is no export "${id}". The exports are: ${ALL_TARGETS.map((known) => known.id).join(', ')}`,
    );
  }
  const { mode = target.modes[0], version = 'all' } = query;
  if (!target.modes.includes(mode)) {
    throw new HttpError(400, `Query parameter "mode" must be ${target.modes.join(' or ')} for ${id}`);
  }
  return { view, target, options: { mode, versions: version } };
}
