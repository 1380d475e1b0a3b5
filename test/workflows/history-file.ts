/**
 * Histories as JSON: the fields of Temporal's protobuf messages, with enums by name and bytes in base64. Everything that
 * identifies the machine is left out.
 */
import { readFile, writeFile } from 'node:fs/promises';
import proto, { type temporal } from '@temporalio/proto';

const { History } = proto.temporal.api.history.v1;

export async function readHistory(path: string): Promise<temporal.api.history.v1.History> {
  return History.fromObject(JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>);
}

export async function writeHistory(path: string, history: temporal.api.history.v1.IHistory): Promise<void> {
  const plain = History.toObject(History.fromObject(history), { longs: String, enums: String, bytes: String });
  const events = (plain['events'] as unknown[]).map((event) => JSON.stringify(event, withoutMachine));
  await writeFile(path, `{"events":[\n${events.join(',\n')}\n]}\n`);
}

function withoutMachine(key: string, value: unknown): unknown {
  if (key === 'stackTrace' || key === 'workerInstanceKey') return undefined;
  // The names of a worker and of its own task queue contain its process and its host.
  return typeof value === 'string' ? value.replaceAll(/\b\d+@[\w.-]+/g, 'worker') : value;
}
