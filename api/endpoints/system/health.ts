/** Endpoints that report whether the process is alive, whether it can serve requests, and which build it is. */
import compression from 'compression';
import { z } from 'zod';
import { pingDatabase } from '../../../db/connection/availability.ts';
import { notReady, type Readiness, versionInformation } from '../../../telemetry/internal-port.ts';
import type { ApiContext } from '../../context.ts';
import { unavailable } from '../../http/error.ts';
import { endpoint, type EndpointGroup } from '../endpoint.ts';

const health = z.object({ status: z.literal('healthy') }).meta({ id: 'Health' });
const readiness = z.object({ status: z.literal('ready') }).meta({ id: 'Readiness' });
const version = z
  .object({
    version: z.string(),
    commit: z.string(),
    build_date: z.string(),
    node_version: z.string(),
    platform: z.string(),
  })
  .meta({ id: 'Version' });

export const healthApi: EndpointGroup = {
  bases: [{ path: '', tag: 'Status' }],
  before: [compression()],
  endpoints: [
    endpoint({
      method: 'get',
      path: '/health',
      access: 'open',
      operationId: 'health',
      summary: 'Check that the process is alive',
      answers: { 200: { description: 'The process is alive.', schema: health } },
      handle: () => ({ status: 'healthy' as const }),
    }),
    endpoint({
      method: 'get',
      path: '/readiness',
      access: 'open',
      operationId: 'readiness',
      summary: 'Check that the process can answer reads',
      answers: { 200: { description: 'Reads are answered, at least those of cached pages.', schema: readiness } },
      errors: [503],
      handle: async ({ context }) => {
        const { isReady, checks } = await apiReadiness(context);
        if (!isReady) throw unavailable(notReady(checks));
        return { status: 'ready' as const };
      },
    }),
    endpoint({
      method: 'get',
      path: '/version',
      access: 'open',
      operationId: 'version',
      summary: 'Read the build information',
      answers: { 200: { description: 'The build information.', schema: version } },
      handle: () => versionInformation(),
    }),
  ],
};

/**
 * Reads need only Postgres, so readiness doesn't depend on Temporal. Without Postgres, the process stays ready while it
 * can serve cached pages. Never throws.
 */
export async function apiReadiness({
  database,
  registries,
  stopping,
}: Pick<ApiContext, 'database' | 'registries' | 'stopping'>): Promise<Readiness> {
  if (stopping.aborted) return { isReady: false, checks: { process: 'stopping' } };
  try {
    await pingDatabase(database);
    const count = await registries.count();
    const loaded =
      count === 0 ? 'not loaded: start a worker, which stores those of the configuration' : `${count} loaded`;
    return { isReady: count > 0, checks: { database: 'available', registries: loaded } };
  } catch {
    const count = registries.countInMemory();
    if (count === 0) return { isReady: false, checks: { database: 'unavailable' } };
    return {
      isReady: true,
      checks: { database: 'unavailable: only cached pages are served', registries: `${count} loaded` },
    };
  }
}
