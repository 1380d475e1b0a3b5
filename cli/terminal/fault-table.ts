import type { Fault } from '../../registry/server-json.ts';
import { formatTable } from './table.ts';

/** All that is wrong with a document, and where: `team.json has 2 faults:` and a line each. */
export function faultsText(what: string, faults: readonly Fault[]): string {
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
  const rows = faults.map(({ path, message }) => [path === '' ? '(the document)' : path, message]);
  return `${what} has ${count}:\n${formatTable(['where', 'what'], rows)}`;
}
