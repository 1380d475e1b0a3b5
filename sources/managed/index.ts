/** Sources whose entries are published. Their actors carry out the writes; there is nothing to read. */
import { mapping } from '../../config/schema/mapping.ts';
import { MANAGED, type SourceOrigin } from '../../registry/source-definition.ts';
import type { SourceKind } from '../source-kind.ts';

export const managed: SourceKind = {
  key: 'managed',
  name: MANAGED,
  schema: mapping({}).nullable().describe('Servers that are published to this source'),
  withoutFormat: 'a managed source',
  originOf: (): SourceOrigin => ({ kind: MANAGED }),
  written: () => ({}),
  label: () => 'entries published here',
  admissionFaults: () => [],
};
