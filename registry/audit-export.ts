/** Audit events as files: CSV for spreadsheets, and JSON lines for programs. */
import type { AuditEvent } from './audit.ts';

/** The columns of the CSV, in order. */
const COLUMNS: readonly (readonly [string, (event: AuditEvent) => string | number | null])[] = [
  ['at', ({ at }) => at],
  ['action', ({ action }) => action],
  ['outcome', ({ outcome }) => outcome],
  ['actor', ({ actor }) => actor],
  ['subject', ({ subject }) => subject],
  ['issuer', ({ issuer }) => issuer],
  ['displayName', ({ displayName }) => displayName],
  ['targetKind', ({ target }) => target.kind],
  ['targetName', ({ target }) => target.name],
  ['targetVersion', ({ target }) => target.version],
  ['targetRegistry', ({ target }) => target.registry],
  ['count', ({ count }) => count],
  ['sourceAddress', ({ sourceAddress }) => sourceAddress],
  ['userAgent', ({ userAgent }) => userAgent],
  ['requestId', ({ requestId }) => requestId],
  ['detail', ({ detail }) => (Object.keys(detail).length === 0 ? null : JSON.stringify(detail))],
  ['id', ({ id }) => id],
];

/** RFC 4180, with a header line. Texts that a spreadsheet would take for a formula begin with an apostrophe. */
export function auditCsv(events: readonly AuditEvent[]): string {
  const lines = [COLUMNS.map(([name]) => name), ...events.map((event) => COLUMNS.map(([, read]) => read(event)))];
  return lines.map((line) => `${line.map(csvField).join(',')}\r\n`).join('');
}

/** One event per line, in the form of the admin API. */
export function auditJsonLines(events: readonly AuditEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}

/** OWASP, "CSV Injection": callers choose some of these texts, such as a user agent. */
function csvField(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
  return /["',\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
