/** The exports for clients as OpenAPI paths. */
import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi';
import { TARGETS } from '../../registry/exports/targets.ts';
import { exportParameters } from '../exports/parameters.ts';
import { exportList, exportReport } from '../exports/response-schemas.ts';
import { text } from '../http/text.ts';
import { pathParameters } from './path-parameters.ts';
import { cacheable, READ_ERRORS } from './v0.1-paths.ts';

const { registry } = pathParameters;
const target = text.meta({
  description: `One of ${TARGETS.map(({ id }) => id).join(', ')}.`,
  example: 'vscode-mcp',
});
const ERRORS = [...READ_ERRORS, 422] as const;

const LIST_EXPORTS: ZodOpenApiOperationObject = {
  operationId: 'listClientExports',
  tags: ['Exports'],
  summary: 'List the exports for clients, with what each includes and leaves out',
  requestParams: { path: z.object({ registry }) },
  responses: cacheable({ description: 'The targets.', schema: exportList }, ERRORS),
};

const json = cacheable({ description: 'The file of the client.', schema: z.looseObject({}) }, ERRORS);
const GET_EXPORT: ZodOpenApiOperationObject = {
  operationId: 'getClientExport',
  tags: ['Exports'],
  summary: 'Read the policy or configuration file of a client',
  description: 'The entity tag is of the content: it changes only when the file does.',
  requestParams: { path: z.object({ registry, target }), query: exportParameters },
  responses: {
    ...json,
    200: {
      ...json['200'],
      description: 'The file, in the format of the client.',
      content: {
        'application/json': { schema: z.looseObject({}) },
        'application/toml': { schema: z.string() },
        'text/plain': { schema: z.string() },
      },
    },
  },
};

const GET_REPORT: ZodOpenApiOperationObject = {
  operationId: 'getClientExportReport',
  tags: ['Exports'],
  summary: 'Report which servers an export includes, and why it leaves others out',
  requestParams: { path: z.object({ registry, target }), query: exportParameters },
  responses: cacheable({ description: 'A line for each server.', schema: exportReport }, ERRORS),
};

export const EXPORT_PATHS: ZodOpenApiPathsObject = {
  '/registry/{registry}/exports': { get: LIST_EXPORTS },
  '/registry/{registry}/exports/{target}': { get: GET_EXPORT },
  '/registry/{registry}/exports/{target}/report': { get: GET_REPORT },
};
