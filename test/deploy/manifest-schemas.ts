/** JSON Schemas for kubeconform, made from the OpenAPI documents of an API server. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiServer } from '../kubernetes/api-server.ts';

/** A part of a schema; the members that matter here. */
interface Schema {
  readonly properties?: object;
  readonly additionalProperties?: unknown;
  readonly 'x-kubernetes-group-version-kind'?: readonly { group: string; version: string; kind: string }[];
}

interface OpenApiDocument {
  readonly components?: { readonly schemas: Readonly<Record<string, Schema>> };
}

/**
 * Writes a schema for each kind into `folder`. The documents describe one version of one API group each, with everything that
 * it refers to.
 * @returns kubeconform's template for the paths of the files
 */
export async function writeSchemas(server: ApiServer, folder: string): Promise<string> {
  // This list is sent as plain text.
  const { text } = await server.do('GET', '/openapi/v3');
  const { paths } = JSON.parse(text as string) as { paths: Record<string, { serverRelativeURL: string }> };
  for (const { serverRelativeURL } of Object.values(paths)) {
    const { components } = (await server.do('GET', serverRelativeURL)) as unknown as OpenApiDocument;
    const strict = JSON.stringify(components, (_, part: unknown) => withoutUnknownMembers(part));
    for (const [name, schema] of Object.entries(components?.schemas ?? {})) {
      const [type, ...others] = schema['x-kubernetes-group-version-kind'] ?? [];
      // Schemas of several types, like DeleteOptions, describe requests.
      if (type === undefined || others.length > 0) continue;
      // The template has the version in place of the empty group of the core API.
      const group = type.group === '' ? type.version : type.group;
      const file = `${group}-${type.version}-${type.kind}.json`.toLowerCase();
      await writeFile(join(folder, file), `{"$ref":"#/components/schemas/${name}","components":${strict}}`);
    }
  }
  return join(folder, '{{.Group}}-{{.ResourceAPIVersion}}-{{.ResourceKind}}.json');
}

/** The documents don't say that an object has no other members than those they list. */
function withoutUnknownMembers(part: unknown): unknown {
  const { properties, additionalProperties } = Object(part) as Schema;
  return typeof properties === 'object' && additionalProperties === undefined
    ? { ...(part as Schema), additionalProperties: false }
    : part;
}
