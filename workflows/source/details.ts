/** The current details of a source in the Temporal Web UI: Markdown with its state for an operator. */
import type { SourcePhase, SourceState } from '../contract/source-actor.ts';
import type { SyncReport } from '../contract/syncs.ts';
import { inline, readableTime } from '../text.ts';
import { isManaged } from '../../registry/source-definition.ts';

const PHASES: Readonly<Record<SourcePhase, string>> = {
  idle: 'idle, healthy',
  failing: 'failing: it retries automatically',
  checking: 'checking whether anything is new',
  syncing: 'syncing',
  paused: 'paused: syncs only on request',
  retiring: 'being removed',
};

/** The current details of a source's workflow. */
export function renderDetails(state: SourceState, phase: SourcePhase): string {
  const sections = [renderSummary(state, phase)];
  const failure = renderLastFailure(state);
  if (failure !== undefined) sections.push(failure);
  if (!isManaged(state.source)) sections.push(renderRecentSyncs(state.recentSyncs));
  return sections.join('\n\n');
}

function renderSummary(state: SourceState, phase: SourcePhase): string {
  const facts: [string, string | undefined][] = [
    ['Source', `${state.source.name}, ${state.source.label}`],
    ['Phase', PHASES[phase]],
  ];
  if (!isManaged(state.source)) {
    facts.push(
      ['Next cycle', nextCycle(state)],
      ['Last check', state.lastCheckedAt && readableTime(state.lastCheckedAt)],
      ['Last success', state.lastSuccessAt === undefined ? 'never' : readableTime(state.lastSuccessAt)],
      ['Failures in a row', state.consecutiveFailures === 0 ? undefined : String(state.consecutiveFailures)],
      ['Entries', entriesOf(state)],
      ['Requested', state.pending && requestOf(state.pending)],
    );
  }
  return facts
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `- **${name}:** ${inline(value ?? '')}`)
    .join('\n');
}

function nextCycle(state: SourceState): string {
  if (state.paused) return 'none while paused';
  if (state.nextCycleAtMs === undefined) return state.cycle === 0 ? 'at once' : 'on request';
  return readableTime(new Date(state.nextCycleAtMs).toISOString());
}

/** The counts of the last sync that counted entries: a sync that finds nothing new may not read any. */
function entriesOf(state: SourceState): string | undefined {
  const counts = state.recentSyncs.find((report) => report.outcome === 'changed' || report.counts?.entries)?.counts;
  if (counts === undefined) return undefined;
  const warnings = `${counts.warnings} ${counts.warnings === 1 ? 'warning' : 'warnings'}`;
  return `${counts.entries} (${counts.rejected} rejected, ${warnings})`;
}

function requestOf(pending: NonNullable<SourceState['pending']>): string {
  const by = pending.requestedBy === undefined ? '' : ` by ${pending.requestedBy}`;
  const reason = pending.reason === undefined ? '' : `: ${pending.reason}`;
  return `one more sync${by}${reason}`;
}

function renderLastFailure(state: SourceState): string | undefined {
  const failed = state.consecutiveFailures > 0 && state.recentSyncs.find((report) => report.failure !== undefined);
  if (!failed || failed.failure === undefined) return undefined;
  return `### Last error\n\n**${failed.failure.type}** in sync ${failed.number}: ${inline(failed.failure.message)}`;
}

function renderRecentSyncs(reports: readonly SyncReport[]): string {
  if (reports.length === 0) return '### Last syncs\n\nNone yet.';
  const rows = reports.map((report) => `| ${rowOf(report).map(cell).join(' | ')} |`);
  return [
    '### Last syncs',
    '',
    '| sync | ended (UTC) | trigger | outcome | added | changed | removed | rejected | revision or error |',
    '|---:|---|---|---|---:|---:|---:|---:|---|',
    ...rows,
  ].join('\n');
}

function rowOf(report: SyncReport): string[] {
  const { counts } = report;
  const numbers = counts && [counts.added, counts.changed, counts.removed, counts.rejected];
  return [
    String(report.number),
    readableTime(report.endedAt).replace(' UTC', ''),
    report.trigger,
    report.outcome,
    ...(numbers?.map(String) ?? ['', '', '', '']),
    report.failure?.type ?? report.upstreamRevision?.slice(0, 12) ?? '',
  ];
}

/** Keeps outside text in its column. */
function cell(text: string): string {
  return inline(text).replace(/\|/g, '\\|');
}
