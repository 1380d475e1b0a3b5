import type { AuditSettings } from '../../config/model.ts';
import type { AuditAction } from '../../registry/audit.ts';

/** Whether events of this action are wanted. What is excluded is not recorded, listed or not. */
export function isRecorded(settings: AuditSettings, action: AuditAction): boolean {
  const { enabled, eventTypes, excludeEventTypes } = settings;
  return enabled && !excludeEventTypes.includes(action) && (eventTypes === undefined || eventTypes.includes(action));
}
