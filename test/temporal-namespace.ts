/** Namespaces for tests in the run's Temporal dev server. */
import { randomBytes } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { SearchAttributeType } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import { temporal } from '@temporalio/proto';
import { SEARCH_ATTRIBUTES } from '../workflows/contract/names.ts';
import { askFor } from './environment.ts';

export interface TestNamespace {
  readonly address: string;
  readonly namespace: string;
}

/** A new namespace with our search attributes on the run's Temporal dev server. */
export async function createTestNamespace(): Promise<TestNamespace> {
  const address = await askFor<string>('/temporal');
  const namespace = `test-${randomBytes(6).toString('hex')}`;
  const connection = await Connection.connect({ address });
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    });
    await addSearchAttributes(connection, namespace);
  } finally {
    await connection.close();
  }
  return { address, namespace };
}

async function addSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const { IndexedValueType } = temporal.api.enums.v1;
  const searchAttributes = Object.fromEntries(
    SEARCH_ATTRIBUTES.map((key) => [
      key.name,
      key.type === SearchAttributeType.DATETIME
        ? IndexedValueType.INDEXED_VALUE_TYPE_DATETIME
        : IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    ]),
  );
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
}
