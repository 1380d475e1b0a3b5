/**
 * The messages of a source; contract/source-actor.ts says what each one does in which state. Validators are synchronous and every error of a
 * handler is a failure: anything else would block the actor.
 */
import { condition, log, patched, setDefaultSignalHandler, setHandler } from '@temporalio/workflow';
import { writeActivities } from '../activities.ts';
import { syncWorkflowId } from '../contract/names.ts';
import * as contract from '../contract/source-actor.ts';
import type { SourceReference, SyncReport } from '../contract/syncs.ts';
import { currentReference } from './earlier-versions.ts';
import { refusal, toFailure } from '../failures.ts';
import { startReadingPackages } from '../packages.ts';
import type { SourceActor } from './source-actor.ts';
import { readSyncRequest } from './sync-request.ts';

/** Registers all handlers. Nothing may be awaited before. */
export function receiveMessages(actor: SourceActor): void {
  receiveSyncRequests(actor);
  receiveSettings(actor);
  receiveWrites(actor);
  receiveRetirement(actor);
  // Any message wakes the actor, which then sees whether the version of the workers has changed.
  setHandler(contract.moveSignal, () => undefined, { description: 'Move to the current version of the workers' });
  setHandler(contract.describeQuery, () => actor.describe(), { description: 'The state of the source' });
  setDefaultSignalHandler((name) => {
    log.warn('Ignored an unknown signal', { source: actor.name, signal: name });
  });
}

function receiveSyncRequests(actor: SourceActor): void {
  setHandler(
    contract.syncSignal,
    (request) => {
      if (actor.isManaged || actor.retirement !== undefined) {
        log.warn('Ignored a signal to sync', { source: actor.name, phase: actor.phase, managed: actor.isManaged });
        return;
      }
      actor.request(readSyncRequest(request));
    },
    { description: 'Start a sync now. Optional: {"requestedBy": "…", "reason": "…", "force": true}' },
  );

  setHandler(
    contract.syncNowUpdate,
    answered(async (request): Promise<contract.SyncNowResult> => {
      const number = actor.request(readSyncRequest(request));
      const answer = { number, workflowId: syncWorkflowId(actor.name, number) };
      return request?.wait === true ? { ...answer, report: await reportOf(actor, number) } : answer;
    }),
    {
      validator: (_request) => {
        refuseWhileRetiring(actor);
        if (actor.isManaged) {
          throw refusal(
            'SourceManaged',
            `${actor.name} is a managed source: publish entries to it instead of syncing it`,
          );
        }
      },
      description: 'Start a sync now and return its number; with {"wait": true}, its outcome',
    },
  );
}

async function reportOf(actor: SourceActor, number: number): Promise<SyncReport> {
  await condition(() => actor.reportOf(number) !== undefined || actor.retirement?.result !== undefined);
  const report = actor.reportOf(number);
  if (report === undefined) throw retiring(actor);
  return report;
}

function receiveSettings(actor: SourceActor): void {
  setHandler(
    contract.configureUpdate,
    answered(async (source) => ({ changed: actor.configure(currentReference(source)) })),
    {
      validator: (source) => {
        refuseWhileRetiring(actor);
        refuseForeignReference(actor, source);
      },
      description: 'Postgres has a new definition; a different one starts a sync',
    },
  );
  const setting = (paused: boolean) =>
    answered(async () => {
      await setPaused(actor, paused);
      return { paused };
    });
  const validator = (): void => refuseWhileRetiring(actor);
  setHandler(contract.pauseUpdate, setting(true), {
    validator,
    description: 'Stop the timer; a running sync is finished',
  });
  setHandler(contract.resumeUpdate, setting(false), {
    validator,
    description: 'Start the timer again; a sync that is due runs at once',
  });
}

/** Postgres keeps the pause, so that the source stays paused if Temporal loses the actor. */
async function setPaused(actor: SourceActor, paused: boolean): Promise<void> {
  actor.setPaused(paused);
  if (!patched('pause-in-postgres')) return;
  const summary = paused ? 'Record the pause' : 'Record the resumption';
  await writeActivities().recordPause.executeWithOptions({ summary }, [{ sourceName: actor.name, paused }]);
}

function receiveWrites(actor: SourceActor): void {
  const carryOut = (verb: string) =>
    answered(async (request: contract.WriteRequest): Promise<contract.WriteResult> => {
      const summary = `${verb} ${request.name} ${request.version ?? '(all versions)'}`;
      const result = await writeActivities().write.executeWithOptions({ summary }, [
        { sourceName: actor.name, request },
      ]);
      // The caller doesn't wait for this.
      if (result.packages === true) void startReadingPackages({ sourceName: actor.name });
      return result;
    });
  const validator = (request: contract.WriteRequest): void => {
    refuseWhileRetiring(actor);
    if (!actor.isManaged) {
      throw refusal('SourceNotManaged', `${actor.name} is not a managed source: entries can't be published to it`);
    }
    if (typeof request?.requestId !== 'string' || typeof request.name !== 'string') {
      throw refusal('EntryInvalid', 'a write needs a request and a server name: {"requestId": "…", "name": "…"}');
    }
  };
  setHandler(contract.publishUpdate, carryOut('Publish'), { validator, description: 'Publish a version' });
  setHandler(contract.setStatusUpdate, carryOut('Set the status of'), { validator, description: 'Set a status' });
  setHandler(contract.setClaimsUpdate, carryOut('Set the claims of'), {
    validator,
    description: 'Set the claims required for reading it',
  });
  setHandler(contract.removeUpdate, carryOut('Remove'), { validator, description: 'Remove a version' });
}

function receiveRetirement(actor: SourceActor): void {
  setHandler(
    contract.retireUpdate,
    answered(async ({ entries }) => {
      const retirement = actor.retire(entries);
      await condition(() => retirement.result !== undefined);
      if (retirement.result !== 'done') throw retirement.result;
      return { retired: true as const };
    }),
    {
      validator: (request) => {
        if (request?.entries !== 'remove' && request?.entries !== 'detach') {
          throw refusal('DefinitionInvalid', 'expected {"entries": "remove"} or {"entries": "detach"}');
        }
      },
      description: 'Cancel what is running, remove or detach the entries, and end',
    },
  );
}

function refuseWhileRetiring(actor: SourceActor): void {
  if (actor.retirement !== undefined) throw retiring(actor);
}

function refuseForeignReference(actor: SourceActor, source: SourceReference | undefined): void {
  if (source?.name === actor.name && isReference(currentReference(source))) return;
  throw refusal('DefinitionInvalid', `this doesn't describe ${actor.name}: name, fingerprint, and policy are required`);
}

/** Whether the reference has all members that the actor needs. */
function isReference({ fingerprint, policy }: SourceReference): boolean {
  if (typeof fingerprint !== 'string' || typeof policy !== 'object' || policy === null) return false;
  const { intervalMs, deadlineMs, fullSyncEveryMs = 1 } = policy;
  return [intervalMs ?? 1, deadlineMs, fullSyncEveryMs].every((value) => Number.isFinite(value) && value > 0);
}

function retiring(actor: SourceActor): Error {
  return refusal('SourceRetiring', `${actor.name} is being removed`);
}

function answered<Args extends unknown[], Result>(
  handler: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  return async (...args) => {
    try {
      return await handler(...args);
    } catch (error) {
      throw toFailure(error);
    }
  };
}
