/** `/registry/{registry}/exports`: a registry as the policy and configuration files of clients. */
import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { ExportOptions, Target } from '../../registry/exports/target.ts';
import { findTarget, TARGETS } from '../../registry/exports/targets.ts';
import type { RegistryView } from '../access/visibility.ts';
import { compress, isWorthCompressing, preferredEncoding } from '../cache/content-encoding.ts';
import { matchesEntityTag } from '../cache/entity-tag.ts';
import { cacheControl } from '../cache/pages.ts';
import { type ApiContext, servedView } from '../context.ts';
import { HttpError } from '../http/error.ts';
import { readQuery } from '../http/query-string.ts';
import { whileConnected } from '../http/reader.ts';
import { addRoute, pathParameter } from '../http/routes.ts';
import { exportParameters } from './parameters.ts';
import { contentTag, RenderedExports } from './rendered-exports.ts';
import type { ExportList, ExportReport } from './response-schemas.ts';

/** Mounted below `/registry/{registry}`. */
export function clientExports(context: ApiContext): Router {
  const rendered = new RenderedExports(context.database);
  const router = Router({ mergeParams: true });
  addRoute(router, '/exports', { get: listExports(context, rendered) });
  addRoute(router, '/exports/:target', { get: getExport(context, rendered) });
  addRoute(router, '/exports/:target/report', { get: getReport(context, rendered) });
  return router;
}

function listExports(context: ApiContext, rendered: RenderedExports): RequestHandler {
  return async (request, response) => {
    const view = await servedView(context, request);
    await whileConnected(request, response, async (reader) => {
      const targets: ExportList['targets'] = [];
      let changedAt: string | null = null;
      for (const target of TARGETS) {
        const options: ExportOptions = { mode: target.modes[0], versions: 'all' };
        const made = await rendered.of({ view, target, options }, reader);
        changedAt = made.changedAt;
        targets.push({ ...description(target), ...counts(made.report) });
      }
      const text = `${JSON.stringify({ targets } satisfies ExportList)}\n`;
      await send(request, response, { text, contentType: 'application/json', changedAt });
    });
  };
}

function description({
  id,
  title,
  documentation,
  fileName,
  contentType,
  modes,
  limits,
}: Target): Omit<ExportList['targets'][number], 'included' | 'leftOut'> {
  return { target: id, title, documentation, fileName, contentType, modes: [...modes], limits: [...limits] };
}

function counts(report: readonly { readonly included: boolean }[]): { included: number; leftOut: number } {
  const included = report.filter((line) => line.included).length;
  return { included, leftOut: report.length - included };
}

function getExport(context: ApiContext, rendered: RenderedExports): RequestHandler {
  return async (request, response) => {
    const { view, target, options } = await asked(context, request);
    await whileConnected(request, response, async (reader) => {
      const { text, changedAt } = await rendered.of({ view, target, options }, reader);
      response.set('Content-Disposition', `inline; filename="${target.fileName}"`);
      await send(request, response, { text, contentType: target.contentType, changedAt });
    });
  };
}

function getReport(context: ApiContext, rendered: RenderedExports): RequestHandler {
  return async (request, response) => {
    const { view, target, options } = await asked(context, request);
    await whileConnected(request, response, async (reader) => {
      const { report, changedAt } = await rendered.of({ view, target, options }, reader);
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
      await send(request, response, { text: `${JSON.stringify(body)}\n`, contentType: 'application/json', changedAt });
    });
  };
}

interface Asked {
  readonly view: RegistryView;
  readonly target: Target;
  readonly options: ExportOptions;
}

/** @throws HttpError 404 for a registry or a target that does not exist, 400 for a mode that the target does not have */
async function asked(context: ApiContext, request: Request): Promise<Asked> {
  const view = await servedView(context, request);
  const id = pathParameter(request, 'target');
  const target = findTarget(id);
  if (target === undefined) {
    throw new HttpError(404, `There is no export "${id}". There are: ${TARGETS.map((known) => known.id).join(', ')}`);
  }
  const { mode = target.modes[0], version = 'all' } = readQuery(request.url, exportParameters);
  if (!target.modes.includes(mode)) {
    throw new HttpError(400, `Query parameter "mode" must be ${target.modes.join(' or ')} for ${id}`);
  }
  return { view, target, options: { mode, versions: version } };
}

interface Content {
  readonly text: string;
  readonly contentType: string;
  readonly changedAt: string | null;
}

/**
 * The tag is of the content, not of the registry's revision: a client, or a job that compares files, sees a change only
 * where there is one. `If-Modified-Since` is not evaluated, since entries can disappear from a view without a newer date.
 */
async function send(request: Request, response: Response, { text, contentType, changedAt }: Content): Promise<void> {
  const body = Buffer.from(text);
  const encoding = isWorthCompressing(body) ? preferredEncoding(request) : 'identity';
  const digest = contentTag(text);
  const tag = encoding === 'identity' ? `"${digest}"` : `"${digest}-${encoding}"`;
  response.set({ ETag: tag, 'Cache-Control': cacheControl(request), Vary: 'Accept-Encoding, Authorization, Origin' });
  if (changedAt !== null) response.set('Last-Modified', new Date(changedAt).toUTCString());
  const condition = request.get('if-none-match');
  if (condition !== undefined && [tag, `"${digest}"`].some((known) => matchesEntityTag(condition, known))) {
    response.status(304).end();
    return;
  }
  if (encoding !== 'identity') response.set('Content-Encoding', encoding);
  response.set('Content-Type', `${contentType}; charset=utf-8`);
  response.send(encoding === 'identity' ? body : await compress(body, encoding));
}
