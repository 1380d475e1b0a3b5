/** The stored files of skills and plugins, by digest, and the Agent Skills index that lists them. */
import { z } from 'zod';
import 'zod-openapi';
import { findContent, listEntryFiles } from '../../../db/contents/entry-files.ts';
import { type SkillKind, storedName } from '../../../registry/entry-kind.ts';
import { agentSkillsIndex } from '../../../registry/exports/skills/agent-skills-index.ts';
import { entriesOf } from '../../access/visibility.ts';
import { sendContent, sendImmutable } from '../../cache/sent-content.ts';
import { servedView } from '../../context.ts';
import { HttpError } from '../../http/error.ts';
import { requiredParameter } from '../../http/path-parameter.ts';
import { addressOf } from '../../http/request.ts';
import { text } from '../../http/values.ts';
import { type Call, endpoint, type EndpointGroup } from '../endpoint.ts';
import { pathParameters } from '../common-parts.ts';

const { registry, versionOrLatest } = pathParameters;
const DIGEST = /^sha256:([0-9a-f]{64})$/;

const fileList = z
  .object({
    files: z.array(
      z.object({
        path: z
          .string()
          .meta({ description: 'Path relative to the folder of the skill or plugin.', example: 'SKILL.md' }),
        digest: z.string().meta({ description: 'SHA-256 of the content.', example: `sha256:${'0'.repeat(64)}` }),
        size: z.int().min(0).meta({ description: 'Size in bytes.' }),
        executable: z.boolean(),
      }),
    ),
    archive: z
      .object({ digest: z.string(), size: z.int().min(0) })
      .optional()
      .meta({ description: 'All files as tar.gz. Absent if there is only one file.' }),
  })
  .meta({ id: 'SkillFiles' });
type FileList = z.infer<typeof fileList>;

const index = endpoint({
  method: 'get',
  path: '/.well-known/agent-skills/index.json',
  access: 'registry',
  operationId: 'getAgentSkillsIndex',
  summary: 'Read the Agent Skills index',
  description: 'The skills whose files are stored, in the format of Agent Skills Discovery 0.2.0.',
  answers: { 200: { description: 'The index.', schema: z.looseObject({}) } },
  errors: [404, 422],
  handle: sendIndex,
});

export const agentSkillsApi: EndpointGroup = {
  bases: [
    { path: '', tag: 'Skills' },
    { path: '/registry/:registry', tag: 'Skills', suffix: 'OfRegistry', parameters: { registry } },
  ],
  endpoints: [index],
};

export const contentsApi: EndpointGroup = {
  bases: [{ path: '/registry/:registry', tag: 'Skills', parameters: { registry } }],
  endpoints: [
    endpoint({
      method: 'get',
      path: '/content/:digest',
      access: 'registry',
      operationId: 'getContent',
      summary: 'Read a stored file of a skill or plugin by its digest',
      description:
        'Answers 404 unless the caller can see an entry that contains the file. The answer can be cached indefinitely.',
      parameters: {
        digest: text.meta({ description: 'SHA-256 of the content.', example: `sha256:${'0'.repeat(64)}` }),
      },
      answers: {
        200: {
          description: 'The bytes.',
          schema: z.looseObject({}),
          otherTypes: {
            'application/octet-stream': z.string(),
            'application/gzip': z.string(),
            'text/markdown': z.string(),
          },
        },
      },
      errors: [404],
      handle: sendStoredContent,
    }),
    ...(['skill', 'plugin'] as const).map((kind) =>
      endpoint({
        method: 'get',
        path: `/v0.1/x/dev.toolhive/${kind}s/:namespace/:name/versions/:version/files`,
        access: 'registry',
        operationId: kind === 'skill' ? 'listSkillFiles' : 'listPluginFiles',
        summary: `List the stored files of a ${kind}`,
        description: 'Empty if none are stored. Read a file by its digest.',
        parameters: {
          namespace: text.meta({ description: `Namespace of the ${kind}.`, example: 'com.example' }),
          name: text.meta({ description: `Name of the ${kind}.`, example: 'pdf' }),
          version: versionOrLatest,
        },
        answers: { 200: { description: 'The files.', schema: fileList } },
        errors: [404],
        handle: async (call) => await sendFiles(kind, call),
      }),
    ),
  ],
};

async function sendIndex({ context, request, response }: Call): Promise<void> {
  const view = await servedView(context, request);
  const asked = { view, target: agentSkillsIndex, options: { mode: 'provide', versions: 'latest' } } as const;
  const { text: body, changedAt } = await context.exports.of(asked, addressOf(request));
  await sendContent(request, response, { body, contentType: 'application/json', changedAt });
}

async function sendStoredContent({ context, request, response }: Call): Promise<void> {
  const view = await servedView(context, request);
  const [digest, hex] = DIGEST.exec(requiredParameter(request, 'digest')) ?? [];
  const content =
    hex === undefined ? null : await findContent(context.database, Buffer.from(hex, 'hex'), entriesOf(view));
  if (content === null || digest === undefined) {
    throw new HttpError(404, `Registry "${view.registry.name}" has no content with this digest`);
  }
  const { path, bytes } = content;
  sendImmutable(request, response, { bytes, digest, contentType: contentTypeOf(path) });
}

function contentTypeOf(path: string): string {
  if (path === '') return 'application/gzip';
  return path.endsWith('.md') ? 'text/markdown; charset=utf-8' : 'application/octet-stream';
}

async function sendFiles(kind: SkillKind, { context, request, response }: Call): Promise<void> {
  const view = await servedView(context, request);
  const [namespace, name] = [requiredParameter(request, 'namespace'), requiredParameter(request, 'name')];
  const version = requiredParameter(request, 'version');
  const stored = storedName(kind, `${namespace}/${name}`);
  const found = await listEntryFiles(context.database, { name: stored, version }, entriesOf(view));
  if (found === null) {
    throw new HttpError(
      404,
      `Registry "${view.registry.name}" has no ${kind} ${namespace}/${name} in version ${version}`,
    );
  }
  const archive = found.find(({ path }) => path === '');
  const list: FileList = {
    files: found
      .filter(({ path }) => path !== '')
      .map(({ path, digest, size, isExecutable }) => ({
        path,
        digest: `sha256:${digest}`,
        size,
        executable: isExecutable,
      })),
    ...(archive !== undefined && { archive: { digest: `sha256:${archive.digest}`, size: archive.size } }),
  };
  await sendContent(request, response, {
    body: `${JSON.stringify(list)}\n`,
    contentType: 'application/json',
    changedAt: null,
  });
}
