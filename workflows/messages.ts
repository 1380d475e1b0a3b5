/**
 * What can be said to a source. The contract says what each message does, and what it does when it is untimely.
 * Validators are synchronous and every error of a handler is a failure: anything else would wedge the actor.
 */
import { condition, log, setDefaultSignalHandler, setHandler } from '@temporalio/workflow';
import type { SourceDefinition } from '../registry/source-definition.ts';
import { write } from './activities.ts';
import * as contract from './contract.ts';
import { refusal, toFailure } from './failures.ts';
import type { SourceActor } from './source-actor.ts';
import { readSyncRequest } from './sync-request.ts';

/** Registers all handlers; nothing may be awaited before. */
export function receiveMessages(actor: SourceActor): void {
  receiveSyncRequests(actor);
  receiveSettings(actor);
  receiveWrites(actor);
  receiveRetirement(actor);
  setHandler(contract.describeQuery, () => actor.describe(), { description: 'How the source is doing' });
  setDefaultSignalHandler((name) => {
    log.warn('A signal that this source does not know was ignored', { source: actor.name, signal: name });
  });
}

function receiveSyncRequests(actor: SourceActor): void {
  setHandler(
    contract.syncSignal,
    (request) => {
      if (actor.isManaged || actor.retirement !== undefined) {
        log.warn('A signal to sync was ignored', { source: actor.name, phase: actor.phase, managed: actor.isManaged });
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
      const answer = { number, workflowId: contract.syncWorkflowId(actor.name, number) };
      return request?.wait === true ? { ...answer, report: await reportOf(actor, number) } : answer;
    }),
    {
      validator: (_request) => {
        refuseWhileRetiring(actor);
        if (actor.isManaged) {
          throw refusal('SourceManaged', `${actor.name} is a managed source: it is published to, never synced`);
        }
      },
      description: 'Start a sync now and answer with its number; with {"wait": true}, with its outcome',
    },
  );
}

async function reportOf(actor: SourceActor, number: number): Promise<contract.SyncReport> {
  await condition(() => actor.reportOf(number) !== undefined || actor.retirement?.result !== undefined);
  const report = actor.reportOf(number);
  if (report === undefined) throw retiring(actor);
  return report;
}

function receiveSettings(actor: SourceActor): void {
  setHandler(
    contract.configureUpdate,
    answered(async (definition) => ({ changed: actor.configure(definition) })),
    {
      validator: (definition) => {
        refuseWhileRetiring(actor);
        refuseForeignDefinition(actor, definition);
      },
      description: 'Take a new definition; a different one starts a sync',
    },
  );
  setHandler(
    contract.pauseUpdate,
    answered(async () => {
      actor.setPaused(true);
      return { paused: true as const };
    }),
    { validator: () => refuseWhileRetiring(actor), description: 'Stop the timer; a sync that runs is finished' },
  );
  setHandler(
    contract.resumeUpdate,
    answered(async () => {
      actor.setPaused(false);
      return { paused: false as const };
    }),
    { validator: () => refuseWhileRetiring(actor), description: 'Start the timer again; what is due runs at once' },
  );
}

function receiveWrites(actor: SourceActor): void {
  const carryOut = (verb: string) =>
    answered(async (request: contract.WriteRequest): Promise<contract.WriteResult> => {
      const summary = `${verb} ${request.name} ${request.version ?? '(all versions)'}`;
      return write.executeWithOptions({ summary }, [{ sourceName: actor.name, request }]);
    });
  const validator = (request: contract.WriteRequest): void => {
    refuseWhileRetiring(actor);
    if (!actor.isManaged) {
      throw refusal('SourceNotManaged', `${actor.name} is not a managed source: nothing can be published to it`);
    }
    if (typeof request?.requestId !== 'string' || typeof request.name !== 'string') {
      throw refusal('EntryInvalid', 'a write names its request and a server: {"requestId": "…", "name": "…"}');
    }
  };
  setHandler(contract.publishUpdate, carryOut('Publish'), { validator, description: 'Publish a version' });
  setHandler(contract.setStatusUpdate, carryOut('Set the status of'), { validator, description: 'Set a status' });
  setHandler(contract.setClaimsUpdate, carryOut('Set the claims of'), { validator, description: 'Set who may see it' });
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
          throw refusal('DefinitionInvalid', 'say what becomes of the entries: {"entries": "remove"} or "detach"');
        }
      },
      description: 'Cancel what runs, remove or detach the entries, and end',
    },
  );
}

function refuseWhileRetiring(actor: SourceActor): void {
  if (actor.retirement !== undefined) throw retiring(actor);
}

function refuseForeignDefinition(actor: SourceActor, definition: SourceDefinition | undefined): void {
  if (definition?.name !== actor.name || definition.origin === undefined || definition.syncPolicy === undefined) {
    throw refusal(
      'DefinitionInvalid',
      `this is no definition of ${actor.name}: name, origin and syncPolicy are needed`,
    );
  }
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
