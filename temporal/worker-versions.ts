/**
 * Worker Deployment Versioning. A workflow stays on the version of the workers that it started on. When another version becomes
 * current, actors continue on it as new, and syncs finish where they are.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import semver from 'semver';
import { SOURCE_WORKFLOW, taskQueuesOf } from '../workflows/contract/names.ts';
import { moveSignal } from '../workflows/contract/source-actor.ts';
import type { TemporalServer } from './connect.ts';
import { hasStatus } from './grpc-status.ts';
import { findWorkers } from './workers.ts';

/** The first release that tells a workflow about a new version and lets it continue there. */
const FIRST_SERVER_VERSION = '1.30.0';
const LOOK_EVERY_MS = 1_000;
/** Visibility lists a workflow under its new version after a moment. */
const MOVED_EVERY_MS = 10_000;
const MOVED_AT_ONCE = 20;

/** The search attribute `deployment:build` that Temporal sets. */
const DeploymentVersion = defineSearchAttributeKey('TemporalWorkerDeploymentVersion', SearchAttributeType.KEYWORD);

/** The name of the workers of a task queue as a Temporal worker deployment, in which `.` and `:` have a meaning. */
export function deploymentName({ taskQueue }: Pick<TemporalServer, 'taskQueue'>): string {
  return taskQueue.replaceAll(/[.:]/g, '-');
}

export interface CurrentVersion {
  readonly server: TemporalServer;
  readonly version: string;
  /** Stops waiting for workers and workflows. */
  readonly signal: AbortSignal;
  readonly onProgress: (message: string) => void;
}

/**
 * Makes a version the current one as soon as its workers take tasks, and waits until all workflows have moved to it or ended.
 * Workflows of versions without workers can't do that themselves, and are moved: workflow code replays the histories of other
 * versions, see test/histories.
 *
 * @returns how many workflows are left on other versions when the signal is aborted
 * @throws Error if no worker of the version takes tasks, or the Temporal server is too old
 */
export async function setCurrentVersion(client: Client, wanted: CurrentVersion): Promise<number> {
  const { version, server, signal, onProgress } = wanted;
  await refuseOldServer(client);
  await makeCurrent(client, wanted);
  const since = new Date();
  onProgress(`Version ${version} is the current version of the workers`);
  let told = '';
  let movedAtMs = 0;
  for (;;) {
    const behind = await findBehind(client, wanted, since);
    if (behind.length === 0 || signal.aborted) return behind.length;
    const count = `${behind.length} workflows still run on other versions`;
    if (count !== told) onProgress((told = count));
    if (Date.now() - movedAtMs > MOVED_EVERY_MS) {
      movedAtMs = Date.now();
      await move(client, server, behind);
    }
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function refuseOldServer(client: Client): Promise<void> {
  const { serverVersion } = await client.workflowService.getSystemInfo({});
  const version = semver.coerce(serverVersion);
  if (version === null || semver.gte(version, FIRST_SERVER_VERSION)) return;
  throw new Error(
    `Temporal ${serverVersion} can't move workflows between versions of the workers: upgrade it to ${FIRST_SERVER_VERSION} or ` +
      'later, or turn `temporal.workerVersioning` off',
  );
}

async function makeCurrent(client: Client, { server, version, signal }: CurrentVersion): Promise<void> {
  while (!(await hasWorkers(client, server, version))) {
    if (signal.aborted) {
      throw new Error(
        `No worker of version ${version} takes tasks from ${server.taskQueue}: start workers of this version with ` +
          '`temporal.workerVersioning: true`, then try again',
      );
    }
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  await client.workflowService.setWorkerDeploymentCurrentVersion({
    namespace: server.namespace,
    deploymentName: deploymentName(server),
    buildId: version,
    identity: `rollcall/${version}`,
  });
}

/** Whether workers of the version have announced all task queues, so that no task waits in vain. */
async function hasWorkers(client: Client, server: TemporalServer, version: string): Promise<boolean> {
  const { taskQueue, namespace } = server;
  try {
    const { versionTaskQueues } = await client.workflowService.describeWorkerDeploymentVersion({
      namespace,
      deploymentVersion: { deploymentName: deploymentName(server), buildId: version },
    });
    const known = new Set((versionTaskQueues ?? []).map(({ name }) => name));
    return taskQueuesOf(taskQueue).every((name) => known.has(name));
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

interface Behind {
  readonly workflowId: string;
  readonly runId: string;
  readonly isActor: boolean;
  /** The version; undefined for a workflow of workers without versions, which any current worker continues. */
  readonly version: string | undefined;
}

/** @param since when the version became the current one: workflows without a version that started later start on it */
async function findBehind(client: Client, { server, version }: CurrentVersion, since: Date): Promise<Behind[]> {
  const prefix = `${deploymentName(server)}:`;
  const { name } = DeploymentVersion;
  const query =
    `ExecutionStatus = 'Running' AND TaskQueue = '${server.taskQueue}' AND ` +
    `((${name} IS NULL AND StartTime < '${since.toISOString()}') OR ` +
    `(${name} IS NOT NULL AND ${name} != '${prefix}${version}'))`;
  const behind: Behind[] = [];
  for await (const { workflowId, runId, type, typedSearchAttributes } of client.workflow.list({ query })) {
    const at = typedSearchAttributes.get(DeploymentVersion)?.slice(prefix.length);
    behind.push({ workflowId, runId, isActor: type === SOURCE_WORKFLOW, version: at });
  }
  return behind;
}

/** Wakes actors, so that they see the new version, and moves workflows whose version has no workers. */
async function move(client: Client, server: TemporalServer, behind: readonly Behind[]): Promise<void> {
  const { workers } = await findWorkers(client, server.taskQueue);
  const versions = new Set(workers.map(({ version }) => version));
  for (let start = 0; start < behind.length; start += MOVED_AT_ONCE) {
    const some = behind.slice(start, start + MOVED_AT_ONCE);
    await Promise.all(some.map((workflow) => moveOne(client, workflow, versions)));
  }
}

async function moveOne(
  client: Client,
  { workflowId, runId, isActor, version }: Behind,
  versions: ReadonlySet<string | null>,
): Promise<void> {
  try {
    if (version !== undefined && !versions.has(version)) await followCurrentVersion(client, { workflowId, runId });
    if (isActor) await client.workflow.getHandle(workflowId).signal(moveSignal);
  } catch (error) {
    // It has ended.
    if (!isNotFound(error)) throw error;
  }
}

/** Lets a workflow follow the current version until it continues as new or ends. */
async function followCurrentVersion(
  client: Client,
  workflowExecution: { readonly workflowId: string; readonly runId: string },
): Promise<void> {
  await client.workflowService.updateWorkflowExecutionOptions({
    namespace: client.options.namespace,
    workflowExecution,
    workflowExecutionOptions: { versioningOverride: { autoUpgrade: true } },
    updateMask: { paths: ['versioning_override'] },
  });
}

/** Whether an error means that no worker has announced the version yet, or that the workflow has ended. */
function isNotFound(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError || hasStatus(error, 'notFound');
}
