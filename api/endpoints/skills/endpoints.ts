/** ToolHive's extension of the registry API for skills and plugins, as `thv` reads it. */
import { z } from 'zod';
import { SKILL_KINDS, type SkillKind } from '../../../registry/entry-kind.ts';
import { type Endpoint, endpoint, type EndpointGroup } from '../endpoint.ts';
import { pathParameters } from '../common-parts.ts';
import { readParameters } from '../v0.1/parameters.ts';
import { skillListParameters } from './parameters.ts';
import { getSkillVersion, listSkills, listSkillVersions } from './reads.ts';
import { responsesOf } from './response-schemas.ts';

const { registry, versionOrLatest } = pathParameters;
const named = {
  namespace: z.string().meta({ description: 'Namespace, in reverse-DNS form.', example: 'io.github.someone' }),
  name: z.string().meta({ description: 'Name within the namespace.', example: 'pdf-forms' }),
};

function endpointsOf(kind: SkillKind): readonly Endpoint[] {
  const { one, list } = responsesOf(kind);
  const [capital, article] = kind === 'skill' ? ['Skill', 'a skill'] : ['Plugin', 'a plugin'];
  return [
    endpoint({
      method: 'get',
      path: `/${kind}s`,
      access: 'registry',
      operationId: `list${capital}s`,
      summary: `List ${kind}s`,
      description: `The latest version of every ${kind}, ordered by namespace and name, in pages.`,
      query: skillListParameters,
      answers: { 200: { description: `A page of ${kind}s.`, schema: list } },
      errors: [404],
      handle: (call) => listSkills(kind, call),
    }),
    endpoint({
      method: 'get',
      path: `/${kind}s/:namespace/:name`,
      access: 'registry',
      operationId: `get${capital}`,
      summary: `Read the latest version of ${article}`,
      description: 'The same as `…/versions/latest`.',
      parameters: named,
      query: readParameters,
      answers: { 200: { description: 'The version.', schema: one } },
      errors: [404],
      handle: (call) => getSkillVersion(kind, call),
    }),
    endpoint({
      method: 'get',
      path: `/${kind}s/:namespace/:name/versions`,
      access: 'registry',
      operationId: `list${capital}Versions`,
      summary: `List the versions of ${article}`,
      description: 'All versions, newest publication first.',
      parameters: named,
      query: readParameters,
      answers: { 200: { description: 'The versions.', schema: list } },
      errors: [404],
      handle: (call) => listSkillVersions(kind, call),
    }),
    endpoint({
      method: 'get',
      path: `/${kind}s/:namespace/:name/versions/:version`,
      access: 'registry',
      operationId: `get${capital}Version`,
      summary: `Read a version of ${article}`,
      description: "`latest` is the highest version that isn't deleted.",
      parameters: { ...named, version: versionOrLatest },
      query: readParameters,
      answers: { 200: { description: 'The version.', schema: one } },
      errors: [404],
      handle: (call) => getSkillVersion(kind, call),
    }),
  ];
}

export const skillApi: EndpointGroup = {
  bases: [
    { path: '/v0.1/x/dev.toolhive', tag: 'Skills and plugins' },
    {
      path: '/registry/:registry/v0.1/x/dev.toolhive',
      tag: 'Skills and plugins',
      suffix: 'OfRegistry',
      parameters: { registry },
    },
    { path: '/registry/v0.1/x/dev.toolhive' },
  ],
  endpoints: SKILL_KINDS.flatMap(endpointsOf),
};
