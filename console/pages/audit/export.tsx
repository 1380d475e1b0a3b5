/** Exports all events that match, a page at a time. */
import { Button, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import { messageOf, server } from '../../client/server.ts';
import type { AuditEvent } from '../../../registry/audit.ts';
import { auditCsv, auditJsonLines } from '../../../registry/audit-export.ts';
import { type AuditSearch, conditionsOf } from './search.ts';
import { texts } from './texts.ts';

const PAGE = 1000;

const FORMATS = {
  csv: { label: texts.exportCsv, type: 'text/csv;charset=utf-8', file: 'audit.csv', render: auditCsv },
  lines: {
    label: texts.exportLines,
    type: 'application/x-ndjson',
    file: 'audit.jsonl',
    render: auditJsonLines,
  },
} as const;
type Format = keyof typeof FORMATS;

export function AuditExport({ search }: { readonly search: AuditSearch }): ReactElement {
  const [count, setCount] = useState<number>();
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const run = async (format: Format): Promise<void> => {
    const stop = new AbortController();
    running.current = stop;
    setCount(0);
    try {
      const events = await readAll(search, stop.signal, setCount);
      const { type, file, render } = FORMATS[format];
      download(new Blob([render(events)], { type }), file);
      notifications.show({ message: texts.exported(events.length), color: 'green' });
    } catch (error) {
      if (!stop.signal.aborted && error instanceof Error) {
        notifications.show({ title: texts.exportFailed, message: messageOf(error), color: 'red' });
      }
    } finally {
      setCount(undefined);
    }
  };
  if (count !== undefined) {
    return (
      <Group gap="xs" role="status">
        <Text size="sm">{texts.exporting(count)}</Text>
        <Button variant="default" onClick={() => running.current?.abort()}>
          {texts.cancel}
        </Button>
      </Group>
    );
  }
  return (
    <Group gap="xs">
      {(Object.keys(FORMATS) as Format[]).map((format) => (
        <Button key={format} variant="default" onClick={() => void run(format)}>
          {FORMATS[format].label}
        </Button>
      ))}
    </Group>
  );
}

async function readAll(
  search: AuditSearch,
  signal: AbortSignal,
  onProgress: (count: number) => void,
): Promise<readonly AuditEvent[]> {
  const events: AuditEvent[] = [];
  for (;;) {
    const last = events.at(-1);
    const before = last && { at: last.at, id: last.id };
    const page = await server.audit.list.query({ ...conditionsOf(search), limit: PAGE, before }, { signal });
    events.push(...page);
    onProgress(events.length);
    if (page.length < PAGE) return events;
  }
}

function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
