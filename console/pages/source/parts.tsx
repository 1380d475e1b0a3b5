/** Parts that several pages of sources share. */
import { Alert, Badge, Text } from '@mantine/core';
import type { ReactElement, ReactNode } from 'react';
import { ENTRY_KINDS, type EntryKind } from '../../../registry/entry-kind.ts';
import { SafeText } from '../../parts/safe-text.tsx';
import { Time } from '../../parts/time.tsx';
import { COLORS, type Run, type SourceRow, type SourceState } from './state.ts';
import { texts } from './texts.ts';

export function StateBadge({ state }: { readonly state: SourceState }): ReactElement {
  return <Badge color={COLORS[state]}>{texts.states[state]}</Badge>;
}

interface NextSyncProps {
  readonly state: SourceRow['state'];
  readonly at: string | null;
  /** The text if no sync is planned. */
  readonly otherwise: string;
}

/** The time of the next sync. For an overdue running sync, `at` is the time at which it should have been abandoned. */
export function NextSync({ state, at, otherwise }: NextSyncProps): ReactElement {
  if (state.isSyncing && !state.isOverdue) return <>{texts.runningNow}</>;
  return at === null ? <>{otherwise}</> : <Time at={at} as="relative" />;
}

const OUTCOME_COLORS = {
  changed: 'green',
  unchanged: 'gray',
  failed: 'red',
  cancelled: 'yellow',
  running: 'blue',
} as const;

export function outcomeOf({ outcome, endedAt }: Pick<Run, 'outcome' | 'endedAt'>): keyof typeof OUTCOME_COLORS {
  return endedAt === null ? 'running' : (outcome ?? 'cancelled');
}

export function OutcomeBadge({ run }: { readonly run: Pick<Run, 'outcome' | 'endedAt'> }): ReactElement {
  const outcome = outcomeOf(run);
  return <Badge color={OUTCOME_COLORS[outcome]}>{texts.outcomes[outcome]}</Badge>;
}

interface FailureProps {
  readonly title: string;
  readonly message: string | null;
  readonly children?: ReactNode;
}

/** The reason why a sync failed, or would fail. */
export function SyncFailure({ title, message, children }: FailureProps): ReactElement {
  return (
    <Alert color="red" variant="light" title={title}>
      <Text size="sm" style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
        <SafeText text={message ?? ''} />
      </Text>
      {children}
    </Alert>
  );
}

/** The number of entries of each kind: `12 servers, 1 skill`. */
export function entriesInWords(counts: Readonly<Record<EntryKind, number>>): string {
  const present = ENTRY_KINDS.filter((kind) => counts[kind] > 0);
  return present.length === 0 ? '0' : present.map((kind) => texts.entriesOfKind(kind, counts[kind])).join(', ');
}
