/**
 * Zod schemas of the documents that describe one version of a skill or a plugin: skill.schema.json and plugin.schema.json
 * of ToolHive (toolhive-core, registry/types/data). They are used for validating published documents and in the OpenAPI
 * document. Unknown members are allowed and kept, except in the expected provenance, where a misspelled member would
 * be ignored silently.
 */
import { z } from 'zod';
import { descriptionUpTo, displayName, exactVersion } from '../server-json/schema.ts';
import type { SkillKind } from '../entry-kind.ts';

/** The statuses that the documents of skills and plugins can have. */
export const SKILL_STATUSES = ['active', 'deprecated', 'archived'] as const;

const repository = z
  .looseObject({
    url: z.string().optional().meta({ description: 'URL of the repository.' }),
    type: z.string().optional().meta({ description: 'Type of the repository.', example: 'git' }),
  })
  .meta({ id: 'SkillRepository', description: 'Location of the source code.' });

const icon = z
  .looseObject({
    src: z.string().min(1).meta({ description: 'URL or path of the image.' }),
    size: z.string().optional().meta({ description: 'Dimensions of the image.' }),
    type: z.string().optional().meta({ description: 'Media type of the image.' }),
    label: z.string().optional().meta({ description: 'Text for screen readers.' }),
  })
  .meta({ id: 'SkillIcon', description: 'An icon for user interfaces.' });

const packageSchema = z
  .looseObject({
    registryType: z.enum(['oci', 'git']).meta({ description: 'Type of the package.' }),
    identifier: z.string().optional().meta({
      description: 'OCI: reference of the artifact.',
      example: 'ghcr.io/example/skills/pdf:1.0.0',
    }),
    digest: z.string().optional().meta({ description: 'OCI: digest of the artifact.' }),
    mediaType: z.string().optional().meta({ description: 'Media type of the artifact.' }),
    url: z.string().optional().meta({ description: 'Git: URL of the repository.' }),
    ref: z.string().optional().meta({ description: 'Git: branch or tag.' }),
    commit: z.string().optional().meta({ description: 'Git: commit.' }),
    subfolder: z.string().optional().meta({ description: 'Git: folder in the repository.' }),
  })
  .superRefine((found, context) => {
    const needed = found.registryType === 'oci' ? 'identifier' : 'url';
    if (found[needed] === undefined || found[needed] === '') {
      context.addIssue({ code: 'custom', path: [needed], message: `is required for ${found.registryType} packages` });
    }
  })
  .meta({ id: 'SkillPackage', description: 'Where clients get the files: an OCI artifact or a Git repository.' });

const provenance = z
  .strictObject(
    {
      sigstore_url: z.string().optional(),
      repository_uri: z.string().optional(),
      repository_ref: z.string().optional(),
      signer_identity: z.string().optional(),
      runner_environment: z.string().optional(),
      cert_issuer: z.string().optional(),
      attestation: z
        .strictObject({
          predicate_type: z.string().optional(),
          predicate: z.record(z.string(), z.unknown()).optional(),
        })
        .optional(),
    },
    {
      error: (issue) =>
        issue.code === 'unrecognized_keys' ? `has the unknown members ${issue.keys.join(', ')}` : undefined,
    },
  )
  .meta({
    id: 'SkillProvenance',
    description: 'The expected signer of the package. An empty string matches everything.',
  });

const members = {
  namespace: z
    .string()
    .min(3)
    .max(128)
    .regex(/^[a-zA-Z0-9.-]+$/, 'must be in reverse-DNS form, of letters, digits, ".", and "-"')
    .meta({ description: 'Namespace, in reverse-DNS form.', example: 'io.github.someone' }),
  name: z
    .string()
    .min(1)
    .max(64)
    .regex(
      /^[a-z0-9][a-z0-9-]*[a-z0-9]$/,
      'must have at least two lower-case letters, digits, and "-", and begin and end with a letter or digit',
    )
    .meta({ description: 'Name within the namespace.', example: 'pdf-forms' }),
  description: descriptionUpTo(1024).meta({ description: 'What it does.', example: 'Fills in PDF forms' }),
  version: exactVersion.meta({ description: 'Semantic version or commit.', example: '1.0.0' }),
  status: z.enum(SKILL_STATUSES).optional().meta({ description: 'Default active.' }),
  title: displayName.optional().meta({ description: 'Display name.' }),
  license: z.string().max(256).optional().meta({ description: 'SPDX identifier of the license.' }),
  repository: repository.optional(),
  icons: z.array(icon).optional(),
  packages: z.array(packageSchema).optional(),
  provenance: provenance.optional(),
  metadata: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: 'Metadata from SKILL.md or the manifest of the plugin.' }),
  _meta: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: 'Extensions, with names in reverse-DNS form.' }),
};

/** A valid skill for publishing. */
export const skillSchema = z
  .looseObject({
    ...members,
    compatibility: z.string().max(500).optional().meta({ description: 'What the skill needs from its environment.' }),
    allowedTools: z
      .array(z.string())
      .refine((tools) => new Set(tools).size === tools.length, 'must not have a tool twice')
      .optional()
      .meta({ description: 'Tools that the skill can use without asking.' }),
  })
  .meta({ id: 'Skill', description: 'One version of one agent skill.' });

/** A valid plugin for publishing. */
export const pluginSchema = z
  .looseObject(members)
  .meta({ id: 'Plugin', description: 'One version of one plugin for AI clients.' });

/** The schema of the documents of a kind. */
export function schemaOf(kind: SkillKind): typeof skillSchema | typeof pluginSchema {
  return kind === 'skill' ? skillSchema : pluginSchema;
}
