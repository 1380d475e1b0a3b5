import { sql } from 'slonik';
import { z } from 'zod';
import type { Deployment } from '../../registry/kubernetes/deployment.ts';
import type { Database } from '../connection/database.ts';
import { nothing } from '../connection/schemas.ts';
import { isVisibleName, type Visibility } from '../claims/visibility.ts';

/**
 * Replaces the deployments of a source in one statement, without writing unchanged rows. Revisions don't increase,
 * because the state of a server isn't part of its entry.
 */
export async function recordDeployments(
  database: Database,
  sourceName: string,
  deployments: readonly Deployment[],
): Promise<void> {
  await database.query(sql.type(nothing)`
    with found as (
      select source.id as source_id, deployment.*
      from source, jsonb_to_recordset(${JSON.stringify(deployments)}::jsonb) as deployment (
        resource text, kind text, namespace text, name text, "serverName" text,
        phase text, ready boolean, url text, image text, transport text
      )
      where source.name = ${sourceName}
    ), gone as (
      delete from deployment using source
      where deployment.source_id = source.id and source.name = ${sourceName} and not exists (
        select from found where (found.resource, found.namespace, found.name)
          = (deployment.resource, deployment.namespace, deployment.name)
      )
    )
    insert into deployment (source_id, resource, kind, namespace, name, server_name, phase, ready, url, image, transport)
    select source_id, resource, kind, namespace, name, "serverName", phase, ready, url, image, transport from found
    on conflict (source_id, resource, namespace, name) do update set
      kind = excluded.kind, server_name = excluded.server_name, phase = excluded.phase, ready = excluded.ready,
      url = excluded.url, image = excluded.image, transport = excluded.transport
    where (deployment.kind, deployment.server_name, deployment.phase, deployment.ready, deployment.url,
        deployment.image, deployment.transport)
      is distinct from (excluded.kind, excluded.server_name, excluded.phase, excluded.ready, excluded.url,
        excluded.image, excluded.transport)`);
}

const deploymentRow = z.object({
  resource: z.string(),
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  serverName: z.string(),
  phase: z.string().nullable(),
  ready: z.boolean(),
  url: z.string().nullable(),
  image: z.string().nullable(),
  transport: z.string(),
  /** Version of the entry. */
  version: z.string(),
  source: z.string(),
});
export type DeploymentRow = z.infer<typeof deploymentRow>;

/**
 * Returns the deployments of the servers that a caller can see in a registry, ordered by namespace and name.
 *
 * @param name the name of a server or of its object in the cluster; null for all
 */
export async function listDeployments(
  database: Database,
  {
    registryId,
    visibility,
    name,
  }: { readonly registryId: string; readonly visibility: Visibility; readonly name: string | null },
): Promise<readonly DeploymentRow[]> {
  return await database.any(sql.type(deploymentRow)`
    select deployment.resource, deployment.kind, deployment.namespace, deployment.name,
      deployment.server_name as "serverName", deployment.phase, deployment.ready, deployment.url, deployment.image,
      deployment.transport, entry.version, source.name as source
    from deployment
    join server_owner on server_owner.registry_id = ${registryId} and server_owner.name = deployment.server_name
      and server_owner.source_id = deployment.source_id
    join entry on entry.source_id = deployment.source_id and entry.name = deployment.server_name
      and entry.is_latest and entry.status <> 'deleted'
    join source on source.id = deployment.source_id
    where (${name}::text is null or ${name} in (deployment.server_name, deployment.name))
      and ${isVisibleName(visibility)}
    order by deployment.namespace, deployment.name, deployment.resource`);
}
