import { randomUUID } from 'node:crypto';
import type { AuditSettings } from '../../config/model.ts';
import type { ConfigurationChange } from '../../db/configuration/configuration-changes.ts';
import type { AuditEvent } from '../../registry/audit.ts';
import { isRecorded } from './recorded-actions.ts';
import { NO_SENDER } from './sender.ts';

/** Records changes of the configuration file since the previous start. */
export function configurationEvents(
  settings: AuditSettings,
  changes: readonly ConfigurationChange[],
): readonly AuditEvent[] {
  if (!isRecorded(settings, 'configuration.change')) return [];
  const at = new Date().toISOString();
  return changes.map(({ kind, name, change, members }) => ({
    id: randomUUID(),
    at,
    action: 'configuration.change',
    outcome: 'success',
    ...NO_SENDER,
    target: { kind, name, version: null, registry: null },
    count: 1,
    detail: { change, ...(members.length > 0 && { members }) },
  }));
}
