/** The versions in the managed source of a ToolHive Registry Server, which were published to it. */
import { z } from 'zod';
import type { SkillKind } from '../../registry/entry-kind.ts';
import type { ToolhiveStored, ToolhiveStoredSkill } from '../../registry/toolhive/stored-entry.ts';

export type ToolhivePublishedVersion = Published &
  (
    | { readonly kind: 'server'; readonly stored: ToolhiveStored }
    | { readonly kind: SkillKind; readonly stored: ToolhiveStoredSkill }
  );

interface Published {
  /** Claims of the name, as stored; null if there are none. */
  readonly claims: unknown;
  /** Publication date (RFC 3339). */
  readonly publishedAt: string;
  readonly updatedAt: string;
}

const publishedRow = z.object({
  stored: z.unknown(),
  claims: z.unknown(),
  publishedAt: z.string(),
  updatedAt: z.string(),
});
const serverRow = publishedRow.extend({ stored: z.custom<ToolhiveStored>() });
const skillRow = publishedRow.extend({ stored: z.custom<ToolhiveStoredSkill>() });

type ReadRows = <Row>(schema: z.ZodType<Row>, query: string) => Promise<Row[]>;

/** Servers, then skills, then plugins, each with the oldest publication first. */
export async function readPublished(read: ReadRows): Promise<ToolhivePublishedVersion[]> {
  const servers = await read(serverRow, SERVERS);
  const skills = await read(skillRow, publishedSkills('skill'));
  const plugins = await read(skillRow, publishedSkills('plugin'));
  return [
    ...servers.map((row) => ({ kind: 'server' as const, ...row })),
    ...skills.map((row) => ({ kind: 'skill' as const, ...row })),
    ...plugins.map((row) => ({ kind: 'plugin' as const, ...row })),
  ];
}

/** A date as RFC 3339 in UTC, with all digits. */
function timestamp(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

/** The rows of versions of one kind, which are also in a table of their own. */
function published(stored: string, entryType: string, table: string): string {
  return `
  select registry_entry.claims, ${stored} as stored,
    ${timestamp('entry_version.created_at')} as "publishedAt", ${timestamp('entry_version.updated_at')} as "updatedAt"
  from registry_entry
  join source on source.id = registry_entry.source_id and source.source_type = 'managed'
  join entry_version on entry_version.entry_id = registry_entry.id
  join ${table} on ${table}.version_id = entry_version.id
  where entry_type = '${entryType}' order by entry_version.created_at, registry_entry.name, entry_version.version`;
}

const TRANSPORT = `json_build_object('type', part.transport, 'url', part.transport_url, 'headers', part.transport_headers)`;

/** The parts of the version as a list. */
function listOf(table: string, part: string, { order, of = 'server_id' }: { order: string; of?: string }): string {
  return `(select coalesce(json_agg(${part} order by ${order}), '[]') from ${table} as part
    where part.${of} = entry_version.id)`;
}

const SERVERS = published(
  `json_build_object(
      'name', registry_entry.name, 'version', entry_version.version, 'title', entry_version.title,
      'description', entry_version.description, 'website', mcp_server.website,
      'publisherProvided', mcp_server.server_meta,
      'repository', json_build_object('url', repository_url, 'source', repository_type, 'id', repository_id,
        'subfolder', repository_subfolder),
      'packages', ${listOf(
        'mcp_server_package',
        `json_build_object('registryType', part.registry_type, 'registryBaseUrl', part.pkg_registry_url,
          'identifier', part.pkg_identifier, 'version', part.pkg_version, 'fileSha256', part.sha256_hash,
          'runtimeHint', part.runtime_hint, 'runtimeArguments', part.runtime_arguments,
          'packageArguments', part.package_arguments, 'environmentVariables', part.env_vars, 'transport', ${TRANSPORT})`,
        { order: 'part.pkg_version desc, part.registry_type, part.pkg_identifier, part.transport' },
      )},
      'remotes', ${listOf('mcp_server_remote', TRANSPORT, { order: 'part.transport, part.transport_url' })},
      'icons', ${listOf(
        'mcp_server_icon',
        `json_build_object('src', part.source_uri, 'mimeType', part.mime_type, 'theme', part.theme)`,
        { order: 'part.source_uri, part.mime_type, part.theme' },
      )}
    )`,
  'MCP',
  'mcp_server',
);

/** Plugins have the same columns, except for two that only skills have. */
function publishedSkills(kind: SkillKind): string {
  const own = kind === 'skill' ? `'compatibility', compatibility, 'allowedTools', allowed_tools,` : '';
  return published(
    `json_build_object(
      'namespace', ${kind}.namespace, 'name', registry_entry.name, 'version', entry_version.version,
      'status', ${kind}.status, 'title', entry_version.title, 'description', entry_version.description,
      'license', license, ${own} 'repository', repository, 'icons', icons, 'metadata', metadata,
      'extensions', extension_meta,
      'ociPackages', ${listOf(
        `${kind}_oci_package`,
        `json_build_object('identifier', part.identifier, 'digest', part.digest, 'mediaType', part.media_type)`,
        { order: 'part.identifier, part.digest', of: `${kind}_id` },
      )},
      'gitPackages', ${listOf(
        `${kind}_git_package`,
        `json_build_object('url', part.url, 'ref', part.ref, 'commit', part.commit_sha, 'subfolder', part.subfolder)`,
        { order: 'part.url, part.subfolder, part.ref', of: `${kind}_id` },
      )}
    )`,
    kind.toUpperCase(),
    kind,
  );
}
