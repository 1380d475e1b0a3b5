/** The interface to the actors of sources. It hides where an actor runs and whether it is running. */
import { type Client, WorkflowNotFoundError, WorkflowUpdateStage, type WorkflowUpdateHandle } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import type { EntryStatus } from '../registry/entry.ts';
import { Turns } from '../pacing/turns.ts';
import { RollcallError } from '../registry/failure.ts';
import type { SourceDefinition } from '../registry/source-definition.ts';
import { SOURCE_WORKFLOW, sourceWorkflowId } from '../workflows/contract/names.ts';
import * as contract from '../workflows/contract/source-actor.ts';
import { createActorStart } from './actor-start.ts';
import { toKnownError } from './known-errors.ts';
import { sourceReference } from './source-reference.ts';

/** A worker accepts a message within milliseconds. After this time, no worker is considered available. */
const ACCEPTED_WITHIN_MS = 4_000;
const ANSWERED_WITHIN_MS = 4_000;
/**
 * Writes to one source that this process has sent and that aren't answered yet. Temporal allows ten for a workflow, from all
 * processes together; one more makes it forget the others, so that none is ever carried out while callers repeat theirs.
 */
const WRITES_AT_ONCE = 2;
const SENT_WITHIN_MS = 6_000;
/** Timeout for the result of a write. The write itself can take longer, and is executed once even if it is repeated. */
const WRITTEN_WITHIN_MS = 8_000;
/** A retirement waits until running work is cancelled and all entries are deleted. */
const RETIRED_WITHIN_MS = 5 * 60_000;
const SYNCED_WITHIN_MS = 60 * 60_000;

/**
 * If the source exists in Postgres but its actor isn't running, all messages to it start it first. Methods throw a
 * `RollcallError` if the actor refuses or fails, and `TemporalUnavailable` if there is no response within a few
 * seconds. Writes throw `Overloaded` if too many others wait.
 */
export interface SourceActors {
  /** Starts the actor if it isn't running. */
  ensure(state: contract.SourceState): Promise<void>;
  /** Returns the number of the sync immediately, or with `wait` when it has ended or after an hour. */
  syncNow(
    sourceName: string,
    request: contract.SyncRequest & { readonly wait?: boolean },
  ): Promise<contract.SyncNowResult>;
  /** Sends the actor a reference to the definition in Postgres. */
  configure(definition: SourceDefinition): Promise<contract.ConfigureResult>;
  pause(sourceName: string): Promise<void>;
  resume(sourceName: string): Promise<void>;
  publish(sourceName: string, request: contract.WriteRequest): Promise<contract.WriteResult>;
  setStatus(
    sourceName: string,
    request: contract.WriteRequest & { readonly status: EntryStatus },
  ): Promise<contract.WriteResult>;
  setClaims(sourceName: string, request: contract.WriteRequest): Promise<contract.WriteResult>;
  remove(sourceName: string, request: contract.WriteRequest): Promise<contract.WriteResult>;
  retire(sourceName: string, entries: 'remove' | 'detach'): Promise<void>;
  describe(sourceName: string): Promise<contract.SourceDescription>;
  /**
   * Returns the memos of the running actors of this task queue, by source name, without querying the actors. The list may be
   * a few seconds old. Memos of actors started by Rollcall 0.1 only contain the definition.
   */
  listRunning(): Promise<ReadonlyMap<string, Partial<contract.ActorMemo>>>;
}

export interface SourceActorsOptions {
  readonly taskQueue: string;
  /** Returns the initial state for a source's actor. Undefined if the source doesn't exist. */
  findState(sourceName: string): Promise<contract.SourceState | undefined>;
}

interface Question<Answer, Args extends unknown[]> {
  readonly update: UpdateDefinition<Answer, Args>;
  readonly args: Args;
  /** Time to give up, whether or not the actor has accepted the request. Default: only `answeredWithinMs` applies. */
  readonly deadline?: number;
  /** Milliseconds to wait for the result once the actor has accepted the request. */
  readonly answeredWithinMs?: number;
}

export function createSourceActors(client: Client, options: SourceActorsOptions): SourceActors {
  const start = createActorStart(client, options.taskQueue);
  const writes = new Turns({ count: Number.POSITIVE_INFINITY, perKey: WRITES_AT_ONCE, maxWaitMs: SENT_WITHIN_MS });

  async function ask<Answer, Args extends unknown[]>(
    sourceName: string,
    question: Question<Answer, Args>,
  ): Promise<Answer> {
    try {
      const accepted = await send(client, sourceName, question).catch(async (error: unknown) => {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
        await start(await stateOf(sourceName));
        return await send(client, sourceName, question);
      });
      const deadline = question.deadline ?? Date.now() + (question.answeredWithinMs ?? ANSWERED_WITHIN_MS);
      return await client.withDeadline(deadline, () => accepted.result());
    } catch (error) {
      throw toKnownError(error, sourceName);
    }
  }

  async function stateOf(sourceName: string): Promise<contract.SourceState> {
    const state = await options.findState(sourceName);
    if (state === undefined) throw new RollcallError('SourceNotFound', `There is no source "${sourceName}"`);
    return state;
  }

  async function write<Request extends contract.WriteRequest>(
    sourceName: string,
    update: UpdateDefinition<contract.WriteResult, [Request]>,
    request: Request,
  ): Promise<contract.WriteResult> {
    // The request's id isn't used as the update's id: Temporal would return the old result for a repeated id, even after
    // Postgres has lost the write. Postgres prevents duplicate writes.
    const deadline = Date.now() + WRITTEN_WITHIN_MS;
    return await writes.take(() => ask(sourceName, { update, args: [request], deadline }), { key: sourceName });
  }

  return {
    ensure: async (state) => {
      await start(state).catch((error: unknown) => {
        throw toKnownError(error, state.source.name);
      });
    },
    syncNow: (sourceName, request) =>
      ask(sourceName, {
        update: contract.syncNowUpdate,
        args: [request],
        ...(request.wait === true && { answeredWithinMs: SYNCED_WITHIN_MS }),
      }),
    configure: (definition) =>
      ask(definition.name, { update: contract.configureUpdate, args: [sourceReference(definition)] }),
    pause: async (sourceName) => void (await ask(sourceName, { update: contract.pauseUpdate, args: [] })),
    resume: async (sourceName) => void (await ask(sourceName, { update: contract.resumeUpdate, args: [] })),
    publish: (sourceName, request) => write(sourceName, contract.publishUpdate, request),
    setStatus: (sourceName, request) => write(sourceName, contract.setStatusUpdate, request),
    setClaims: (sourceName, request) => write(sourceName, contract.setClaimsUpdate, request),
    remove: (sourceName, request) => write(sourceName, contract.removeUpdate, request),
    retire: async (sourceName, entries) => {
      const question = { update: contract.retireUpdate, args: [{ entries }] as [{ readonly entries: typeof entries }] };
      await ask(sourceName, { ...question, answeredWithinMs: RETIRED_WITHIN_MS });
    },
    describe: async (sourceName) => {
      try {
        const actor = client.workflow.getHandle(sourceWorkflowId(sourceName));
        return await client.withDeadline(Date.now() + ANSWERED_WITHIN_MS, () => actor.query(contract.describeQuery));
      } catch (error) {
        throw toKnownError(error, sourceName);
      }
    },
    listRunning: () => listRunning(client, options.taskQueue),
  };
}

async function listRunning(client: Client, taskQueue: string): Promise<Map<string, Partial<contract.ActorMemo>>> {
  const query = `WorkflowType = '${SOURCE_WORKFLOW}' AND ExecutionStatus = 'Running' AND TaskQueue = '${taskQueue}'`;
  const running = new Map<string, Partial<contract.ActorMemo>>();
  for await (const { workflowId, memo } of client.workflow.list({ query })) {
    running.set(workflowId.slice(sourceWorkflowId('').length), memo ?? {});
  }
  return running;
}

function send<Answer, Args extends unknown[]>(
  client: Client,
  sourceName: string,
  { update, args, deadline = Number.POSITIVE_INFINITY }: Question<Answer, Args>,
): Promise<WorkflowUpdateHandle<Answer>> {
  const actor = client.workflow.getHandle(sourceWorkflowId(sourceName));
  return client.withDeadline(Math.min(deadline, Date.now() + ACCEPTED_WITHIN_MS), () =>
    // The client has separate overloads for updates with and without arguments, which generic code can't select.
    actor.startUpdate<Answer, [unknown]>(update as unknown as UpdateDefinition<Answer, [unknown]>, {
      args: args as unknown as [unknown],
      waitForStage: WorkflowUpdateStage.ACCEPTED,
    }),
  );
}
