/** The names under which workflows, their task queues, and their search attributes are found in Temporal. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

export const SOURCE_WORKFLOW = 'source';
export const HOUSEKEEPING_WORKFLOW = 'housekeeping';
export const TRIAL_WORKFLOW = 'trial';
const PACKAGES_WORKFLOW = 'packages';
export const HOUSEKEEPING_SCHEDULE_ID = 'housekeeping';

/** The id of a source's actor. */
export const sourceWorkflowId = (sourceName: string): string => `source/${sourceName}`;
/** The id of the n-th sync of a source; n starts at 1 and only increases while the database lives. */
export const syncWorkflowId = (sourceName: string, number: number): string => `sync/${sourceName}/${number}`;

/** The id of a trial: its source has a name that no source can have. */
export const trialWorkflowId = (sourceName: string): string => `trial/${sourceName}`;

/** The id of the reading of packages; without a source, of those that are due in all sources. */
export const packagesWorkflowId = (sourceName?: string): string =>
  sourceName === undefined ? PACKAGES_WORKFLOW : `${PACKAGES_WORKFLOW}/${sourceName}`;

/** Watches last for hours, so they have their own queue and leave the slots of other activities to syncs. */
export const watchTaskQueue = (taskQueue: string): string => `${taskQueue}-watch`;

/** Callers wait for writes, so these have their own queue and never wait for a slot behind fetches. */
export const writeTaskQueue = (taskQueue: string): string => `${taskQueue}-write`;

/** Users wait for the syncs and trials that they request, so these have slots that fetches of timers never take. */
export const requestedTaskQueue = (taskQueue: string): string => `${taskQueue}-requested`;

/** All task queues of a worker. */
export const taskQueuesOf = (taskQueue: string): readonly string[] => [
  taskQueue,
  writeTaskQueue(taskQueue),
  requestedTaskQueue(taskQueue),
  watchTaskQueue(taskQueue),
];

/**
 * Task priorities: lower numbers run first. Syncs started by a timer have the default, 3. The workflow tasks of actors have that of
 * what callers can ask them for. Tasks of equal priority are taken from all sources in turn, if the Temporal server supports fairness.
 */
export const PRIORITY = { write: 1, requestedSync: 2, sync: 3, packages: 4 } as const;

export const SourceName = defineSearchAttributeKey('SourceName', SearchAttributeType.KEYWORD);
export const SourceKindAttribute = defineSearchAttributeKey('SourceKind', SearchAttributeType.KEYWORD);
export const SourcePhaseAttribute = defineSearchAttributeKey('SourcePhase', SearchAttributeType.KEYWORD);
export const SyncOutcomeAttribute = defineSearchAttributeKey('SyncOutcome', SearchAttributeType.KEYWORD);
export const SyncTriggerAttribute = defineSearchAttributeKey('SyncTrigger', SearchAttributeType.KEYWORD);
export const LastSuccessTime = defineSearchAttributeKey('LastSuccessTime', SearchAttributeType.DATETIME);

export const SEARCH_ATTRIBUTES = [
  SourceName,
  SourceKindAttribute,
  SourcePhaseAttribute,
  SyncOutcomeAttribute,
  SyncTriggerAttribute,
  LastSuccessTime,
] as const;
