import type { AuditSettings } from '../../config/model.ts';
import type { AuditAction } from '../../registry/audit.ts';

/** Whether the configuration asks for events of this action. Exclusions take precedence. */
export function isRecorded(settings: AuditSettings, action: AuditAction): boolean {
  const { enabled, eventTypes, excludeEventTypes } = settings;
  return enabled && !excludeEventTypes.includes(action) && (eventTypes === undefined || eventTypes.includes(action));
}
