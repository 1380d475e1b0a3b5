/** Derives the status of a resource from the state of the cluster and the reports of the actors. Pure. */
import { defined, isJsonObject, type JsonObject, memberOf, objectsOf, textOf } from '../registry/json.ts';
import { clusterUrl, type RegistryResource } from './resource.ts';
import { accessFault, dataFault, type SourceState, type StatusFault, syncFault } from './sync-state.ts';

export interface Observation {
  /** The reason why the operator couldn't update the objects. */
  readonly fault?: StatusFault;
  /** The Deployment in the cluster, if there is one. */
  readonly deployment: JsonObject | null;
  /** Absent if the actors can't be asked now. The status then keeps their last report. */
  readonly sources?: readonly SourceState[];
  /** Settings without effect. */
  readonly notes: readonly string[];
  /** The last value of the sync annotation that was acted on. */
  readonly syncTrigger?: string | undefined;
}

type Phase = 'Pending' | 'Ready' | 'Failed' | 'Syncing' | 'Terminating';

interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** @param now RFC 3339, for conditions that change */
export function deriveStatus(resource: RegistryResource, observation: Observation, now: string): JsonObject {
  const previous = resource.status;
  const api = apiState(observation);
  const { phase, message } = summary(observation, api);
  const syncTrigger = observation.syncTrigger ?? textOf(previous['lastManualSyncTrigger']);
  return {
    phase,
    message,
    observedGeneration: resource.generation,
    url: clusterUrl(resource),
    readyReplicas: api.readyReplicas,
    apiStatus: apiStatus(resource, api, now),
    ...syncStatuses(observation.sources, previous),
    ...defined({ lastManualSyncTrigger: syncTrigger }),
    conditions: withTimes(conditionsOf(observation, api), { previous, generation: resource.generation, now }),
  };
}

export function terminatingStatus(resource: RegistryResource, now: string): JsonObject {
  const message = 'MCPRegistry is being terminated';
  const ready: Condition = { type: 'Ready', status: 'False', reason: 'NotReady', message };
  const times = { previous: resource.status, generation: resource.generation, now };
  return {
    phase: 'Terminating' satisfies Phase,
    message,
    observedGeneration: resource.generation,
    conditions: withTimes([ready], times),
  };
}

interface ApiState {
  readonly phase: 'NotStarted' | 'Deploying' | 'Ready' | 'Unhealthy' | 'Error';
  readonly message: string;
  readonly readyReplicas: number;
}

function apiState({ deployment, fault }: Observation): ApiState {
  if (deployment === null) {
    const phase = fault === undefined ? 'NotStarted' : 'Error';
    return { phase, message: fault?.message ?? 'The Deployment has not been created yet', readyReplicas: 0 };
  }
  const status = memberOf(deployment, 'status');
  const readyReplicas = Number(status['readyReplicas'] ?? 0);
  if (readyReplicas > 0) return { phase: 'Ready', message: 'API is ready and serving requests', readyReplicas };
  const condition = (type: string): JsonObject | undefined =>
    objectsOf(status['conditions']).find((one) => one['type'] === type);
  const replicaFailure = condition('ReplicaFailure');
  if (replicaFailure?.['status'] === 'True') {
    return { phase: 'Error', message: `Pods can't be created: ${String(replicaFailure['message'])}`, readyReplicas };
  }
  const progress = condition('Progressing');
  if (progress?.['status'] === 'False') {
    const message = `The pods don't become ready: ${String(progress['message'])} Read their logs`;
    return { phase: 'Unhealthy', message, readyReplicas };
  }
  return { phase: 'Deploying', message: 'API is not ready: waiting for the pods', readyReplicas };
}

function apiStatus(resource: RegistryResource, { phase, message }: ApiState, now: string): JsonObject {
  const before = memberOf(resource.status, 'apiStatus');
  const readySince = (before['phase'] === 'Ready' ? textOf(before['readySince']) : undefined) ?? seconds(now);
  return { phase, message, endpoint: clusterUrl(resource), ...(phase === 'Ready' && { readySince }) };
}

function summary({ fault, sources }: Observation, api: ApiState): { readonly phase: Phase; readonly message: string } {
  if (fault !== undefined) return { phase: 'Failed', message: fault.message };
  if (api.phase === 'Error' || api.phase === 'Unhealthy') return { phase: 'Failed', message: api.message };
  if (api.phase !== 'Ready') return { phase: 'Pending', message: api.message };
  const faults = (sources ?? []).map((source) => ({ source, fault: syncFault(source) ?? dataFault(source) }));
  const failed = faults.filter(({ fault: one }) => one !== null);
  // A source that fails now is still served if it was read before.
  const empty = failed.find(({ source }) => source.lastSuccess === undefined || source.isEmpty === true);
  if (empty?.fault) return { phase: 'Failed', message: empty.fault.message };
  if (sources?.some(({ phase, lastSuccess }) => phase !== 'Complete' && lastSuccess === undefined)) {
    return { phase: 'Syncing', message: 'API is serving requests; the first sync is running' };
  }
  const [failing] = failed;
  if (failing?.fault) {
    return { phase: 'Ready', message: `API is serving the last synced data. ${failing.fault.message}` };
  }
  return { phase: 'Ready', message: 'Registry is ready and API is serving requests' };
}

function syncStatuses(sources: readonly SourceState[] | undefined, previous: JsonObject): JsonObject {
  if (sources === undefined) return defined({ syncStatus: previous['syncStatus'], sources: previous['sources'] });
  return { syncStatus: syncStatus(sources), sources: sources.map(sourceStatus) };
}

function syncStatus(sources: readonly SourceState[]): JsonObject {
  const failed = sources.filter(({ failure }) => failure !== undefined);
  const isSyncing = sources.some(({ phase }) => phase === 'Syncing' || phase === 'Pending');
  const counts = sources.map(({ serverCount }) => serverCount).filter((count) => count !== undefined);
  return {
    phase: failed.length > 0 ? 'Failed' : isSyncing ? 'Syncing' : 'Complete',
    message:
      failed.length > 0
        ? `${failed.length} of ${sources.length} sources are failing: ${failed.map(({ name }) => name).join(', ')}`
        : `${sources.length} ${sources.length === 1 ? 'source' : 'sources'}`,
    attemptCount: Math.max(0, ...sources.map(({ consecutiveFailures }) => consecutiveFailures)),
    ...(counts.length > 0 && { serverCount: counts.reduce((sum, count) => sum + count, 0) }),
    ...defined({
      lastAttempt: latest(sources.map(({ lastAttempt }) => lastAttempt)),
      lastSyncTime: latest(sources.map(({ lastSuccess }) => lastSuccess)),
    }),
  };
}

function sourceStatus({ name, phase, failure, ...state }: SourceState): JsonObject {
  return {
    name,
    phase,
    ...defined({
      lastAttempt: state.lastAttempt && seconds(state.lastAttempt),
      lastSyncTime: state.lastSuccess && seconds(state.lastSuccess),
      serverCount: state.serverCount,
      revision: state.revision,
      lastError: failure && `${failure.type}: ${failure.message}`,
    }),
  };
}

function latest(times: readonly (string | undefined)[]): string | undefined {
  const newest = times
    .filter((time) => time !== undefined)
    .toSorted()
    .at(-1);
  return newest && seconds(newest);
}

/** Kubernetes writes times without fractions. */
function seconds(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z');
}

function conditionsOf(observation: Observation, api: ApiState): Condition[] {
  const { fault, notes } = observation;
  const serves = api.phase === 'Ready';
  const ready: Omit<Condition, 'type'> =
    fault !== undefined
      ? { status: 'False', ...fault }
      : serves
        ? { status: 'True', reason: 'Ready', message: 'Registry API is ready and serving requests' }
        : { status: 'False', reason: 'NotReady', message: api.message };
  const isTemplateInvalid = fault?.reason === 'InvalidPodTemplateSpec';
  return [
    { type: 'Ready', ...ready },
    {
      type: 'APIReady',
      status: serves ? 'True' : 'False',
      reason: serves ? 'APIReady' : 'APINotReady',
      message: api.message,
    },
    {
      type: 'PodTemplateValid',
      ...(isTemplateInvalid
        ? { status: 'False', ...fault }
        : { status: 'True', reason: 'ValidPodTemplateSpec', message: 'PodTemplateSpec is valid' }),
    },
    {
      type: 'SettingsEffective',
      ...(notes.length === 0
        ? { status: 'True', reason: 'AllEffective', message: 'All settings have an effect' }
        : { status: 'False', reason: 'SettingsWithoutEffect', message: notes.join('; ') }),
    },
    ...syncConditions(observation.sources),
  ];
}

function syncConditions(sources: readonly SourceState[] | undefined): Condition[] {
  if (sources === undefined) return [];
  const faultOf = (find: typeof dataFault): StatusFault | null =>
    allOf(sources.map(find).filter((one) => one !== null));
  const isPending = sources.some(
    (source) => source.lastSuccess === undefined && accessFault(source) === null && dataFault(source) === null,
  );
  const condition = (type: string, fault: StatusFault | null, good: Omit<Condition, 'type' | 'status'>): Condition => {
    if (fault !== null) return { type, status: 'False', ...fault };
    if (isPending) return { type, status: 'Unknown', reason: 'FirstSync', message: 'The first sync has not ended yet' };
    return { type, status: 'True', ...good };
  };
  const access = faultOf(accessFault);
  const data = faultOf(dataFault);
  const failure = faultOf(syncFault);
  return [
    condition('SourceAvailable', access, { reason: 'SourcesAvailable', message: 'All sources can be read' }),
    condition('DataValid', data, { reason: 'DataValid', message: 'The data of all sources is valid' }),
    condition('SyncSuccessful', failure ? { ...failure, reason: 'SyncFailed' } : null, {
      reason: 'SyncSucceeded',
      message: 'The last sync of each source succeeded',
    }),
  ];
}

/** The reason of the first fault, and the messages of all. */
function allOf(faults: readonly StatusFault[]): StatusFault | null {
  const [first] = faults;
  return first === undefined ? null : { reason: first.reason, message: faults.map(({ message }) => message).join(' ') };
}

interface Times {
  readonly previous: JsonObject;
  readonly generation: number;
  readonly now: string;
}

/** A condition keeps its time while its status stays the same. Conditions that are unknown now keep their last value. */
function withTimes(conditions: readonly Condition[], { previous, generation, now }: Times): JsonObject[] {
  const before = objectsOf(previous['conditions']);
  const current = conditions.map((condition) => {
    const same = before.find(({ type, status }) => type === condition.type && status === condition.status);
    const lastTransitionTime = textOf(same?.['lastTransitionTime']) ?? seconds(now);
    return { ...condition, message: shortened(condition.message), observedGeneration: generation, lastTransitionTime };
  });
  const kept = before.filter(({ type }) => conditions.every((condition) => condition.type !== type));
  return [...current, ...kept.filter(isJsonObject)];
}

/** Shortens a message so that it stays readable: Kubernetes allows 32,768 characters. */
function shortened(message: string): string {
  return message.length > 1_000 ? `${message.slice(0, 999)}…` : message;
}
