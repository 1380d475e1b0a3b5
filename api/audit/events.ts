/** Events for the audit trail, and whether the configuration asks for them. */
import { randomUUID } from 'node:crypto';
import type { AuditSettings } from '../../config/model.ts';
import type { ConfigurationChange } from '../../db/configuration/configuration-changes.ts';
import type { AuditAction, AuditEvent } from '../../registry/audit.ts';
import { NO_SENDER } from './sender.ts';

/** Whether the configuration asks for events of this action. Exclusions take precedence. */
export function isRecorded(settings: AuditSettings, action: AuditAction): boolean {
  const { enabled, eventTypes, excludeEventTypes } = settings;
  return enabled && !excludeEventTypes.includes(action) && (eventTypes === undefined || eventTypes.includes(action));
}

type Given = Pick<AuditEvent, 'action' | 'outcome' | 'target' | keyof typeof NO_SENDER> & Partial<AuditEvent>;

/**
 * A single event. Unless something else is given, it happens now, and has no details. Its sender must be given, so that
 * no request is recorded as Rollcall's own.
 */
export function newEvent(given: Given): AuditEvent {
  return { id: randomUUID(), at: new Date().toISOString(), count: 1, detail: {}, ...given };
}

/** Records changes of the configuration file since the previous start. */
export function configurationEvents(
  settings: AuditSettings,
  changes: readonly ConfigurationChange[],
): readonly AuditEvent[] {
  const action = 'configuration.change';
  if (!isRecorded(settings, action)) return [];
  const at = new Date().toISOString();
  return changes.map(({ kind, name, change, members }) => {
    const target = { kind, name, version: null, registry: null };
    const detail = { change, ...(members.length > 0 && { members }) };
    return newEvent({ ...NO_SENDER, at, action, outcome: 'success', target, detail });
  });
}
