/** Audit events as JSON lines, in a file or on standard output. */
import { pino, type Logger } from 'pino';
import { type AuditEvent, auditText } from '../../registry/audit.ts';
import { LineFile } from './line-file.ts';

export interface AuditLines {
  /** Returns at once. Lines that can't be written yet are buffered, up to a limit. */
  write(event: AuditEvent): void;
  /** Writes the buffered lines, as far as possible. */
  close(): Promise<void>;
}

/**
 * @param logFile its absolute path; undefined for standard output.
 * @throws Error if the file can't be written.
 */
export async function openAuditLines(logFile: string | undefined, logger: Logger): Promise<AuditLines> {
  return logFile === undefined ? standardOutput() : await lineFile(logFile, logger);
}

async function lineFile(path: string, logger: Logger): Promise<AuditLines> {
  const file = await LineFile.open(path, logger);
  return { write: (event) => file.write(auditLine(event)), close: () => file.close() };
}

/** A reader of standard output that stops reading must not block the server: lines beyond this are dropped. */
const MAX_HELD_BYTES = 8 * 1024 * 1024;

function standardOutput(): AuditLines {
  const output = pino.destination({ dest: 1, sync: false, maxLength: MAX_HELD_BYTES });
  const { promise: ended, resolve: noteEnd } = Promise.withResolvers<void>();
  output.on('close', noteEnd);
  output.on('error', noteEnd); // The reader is gone. The events are in the database.
  return {
    write: (event) => void output.write(auditLine(event)),
    close: async () => {
      output.end();
      await ended;
    },
  };
}

/** An event in the format of ToolHive's audit events, with the line break. */
function auditLine(event: AuditEvent): string {
  const { target } = event;
  const line = {
    time: event.at,
    level: 'AUDIT',
    msg: 'audit_event',
    audit_id: event.id,
    type: event.action,
    logged_at: event.at,
    outcome: event.outcome,
    component: 'rollcall-api',
    source: {
      type: 'network',
      value: event.sourceAddress ?? undefined,
      extra: { user_agent: event.userAgent ?? undefined },
    },
    subjects: subjectsOf(event),
    target: {
      resource_type: target.kind,
      resource_name: target.name ?? undefined,
      version: target.version ?? undefined,
      registry_name: target.registry ?? undefined,
    },
    metadata: { extra: { request_id: event.requestId ?? undefined, count: event.count, ...event.detail } },
  };
  return `${JSON.stringify(line, (_member, value: unknown) => (typeof value === 'string' ? auditText(value) : value))}\n`;
}

function subjectsOf({ actor, subject, issuer, displayName }: AuditEvent): Record<string, string | undefined> {
  if (actor === 'token') return { sub: subject ?? undefined, iss: issuer ?? undefined, user: displayName ?? undefined };
  return { identity: actor === 'system' ? 'configuration' : 'anonymous' };
}
