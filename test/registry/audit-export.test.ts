import { expect, test } from 'vitest';
import type { AuditEvent } from '../../registry/audit.ts';
import { auditCsv, auditJsonLines } from '../../registry/audit-export.ts';

const EVENT: AuditEvent = {
  id: '0b8f1d2e-0000-4000-8000-000000000001',
  at: '2026-11-30T05:00:00.000Z',
  action: 'entry.publish',
  outcome: 'success',
  actor: 'token',
  subject: 'ada',
  issuer: 'https://login.example.com',
  displayName: 'Ada "A", Lovelace',
  target: { kind: 'entry', name: 'com.example/notes', version: '1.0.0', registry: 'internal' },
  requestId: 'r1',
  sourceAddress: '10.0.0.7',
  userAgent: 'curl\n8',
  count: 1,
  detail: {},
};

test('a CSV has one line per event, with quotes where they are needed', () => {
  const [header, line] = auditCsv([EVENT]).split('\r\n');
  expect(header).toBe(
    'at,action,outcome,actor,subject,issuer,displayName,targetKind,targetName,targetVersion,targetRegistry,count,sourceAddress,userAgent,requestId,detail,id',
  );
  expect(line).toBe(
    `2026-11-30T05:00:00.000Z,entry.publish,success,token,ada,https://login.example.com,"Ada ""A"", Lovelace",entry,com.example/notes,1.0.0,internal,1,10.0.0.7,"curl\n8",r1,,${EVENT.id}`,
  );
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1'])('a spreadsheet takes %j for text', (text) => {
  const csv = auditCsv([{ ...EVENT, userAgent: text }]);
  expect(csv).toContain(`"'${text}"`);
});

test('JSON lines are the events', () => {
  const lines = auditJsonLines([EVENT, { ...EVENT, count: 2 }]);
  expect(
    lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([EVENT, { ...EVENT, count: 2 }]);
});
