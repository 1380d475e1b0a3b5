import { Client, Connection } from '@temporalio/client';
import { expect, test } from 'vitest';
import { SourceName } from '../../workflows/contract/names.ts';
import { TypedSearchAttributes } from '@temporalio/common';
import { createTestNamespace } from '../temporal-namespace.ts';
import { createTimeSkippingEnvironment } from '../time-skipping.ts';

test('a new namespace accepts workflows with our search attributes at once', async () => {
  const { address, namespace } = await createTestNamespace();
  const connection = await Connection.connect({ address });
  const client = new Client({ connection, namespace });
  await client.workflow.start('none', {
    workflowId: 'w',
    taskQueue: 'none',
    typedSearchAttributes: new TypedSearchAttributes([{ key: SourceName, value: 'a' }]),
  });
  await expect
    .poll(async () => {
      const found = [];
      for await (const execution of client.workflow.list({ query: 'SourceName = "a"' }))
        found.push(execution.workflowId);
      return found;
    })
    .toEqual(['w']);
  await connection.close();
});

test('time can be skipped', async () => {
  const environment = await createTimeSkippingEnvironment();
  const before = await environment.currentTimeMs();
  await environment.sleep('30 days');
  expect((await environment.currentTimeMs()) - before).toBeGreaterThanOrEqual(30 * 24 * 60 * 60 * 1000);
  await environment.teardown();
});
