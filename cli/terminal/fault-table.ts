import type { Fault } from '../../registry/server-json/check.ts';
import { formatTable } from './table.ts';

/** Lists the faults of a document: `team.json has 2 faults:` and one line per fault. */
export function faultsText(what: string, faults: readonly Fault[]): string {
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  const rows = faults.map(({ path, message }) => [path === '' ? '(the document)' : path, message]);
  return `${what} has ${count}:\n${formatTable(['where', 'what'], rows)}`;
}
