/** Search attributes for finding workflows in the Temporal Web UI. They are registered once per namespace. */
import type { Client } from '@temporalio/client';
import { SearchAttributeType } from '@temporalio/common';
import proto, { type temporal } from '@temporalio/proto';
import { hasStatus } from './grpc-status.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/contract/names.ts';

// Node finds no named exports in this package.
const { IndexedValueType } = proto.temporal.api.enums.v1;
type SearchAttribute = (typeof SEARCH_ATTRIBUTES)[number];

/** Statuses of a cluster that doesn't allow registering or listing search attributes. */
const REFUSALS = ['permissionDenied', 'unimplemented', 'unauthenticated'] as const;

/**
 * Registers missing search attributes.
 *
 * @returns the names that are still missing because the cluster refused. If there are any, workflows use none at all.
 */
export async function ensureSearchAttributes(client: Client): Promise<string[]> {
  const missing = await missingSearchAttributes(client);
  if (missing.length === 0) return [];
  try {
    await register(client, missing);
    return [];
  } catch (error) {
    // Another process may have registered them, or the cluster may not allow it.
    if (!hasStatus(error, ...REFUSALS, 'alreadyExists')) throw error;
    const stillMissing = await missingSearchAttributes(client);
    return stillMissing.map((attribute) => attribute.name);
  }
}

async function register(client: Client, attributes: readonly SearchAttribute[]): Promise<void> {
  await client.connection.operatorService.addSearchAttributes({
    namespace: client.options.namespace,
    searchAttributes: Object.fromEntries(attributes.map((attribute) => [attribute.name, indexedType(attribute)])),
  });
}

function indexedType({ type }: SearchAttribute): temporal.api.enums.v1.IndexedValueType {
  return type === SearchAttributeType.DATETIME
    ? IndexedValueType.INDEXED_VALUE_TYPE_DATETIME
    : IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;
}

/** Returns the search attributes that the namespace doesn't have. */
export async function missingSearchAttributes(client: Client): Promise<SearchAttribute[]> {
  const registered = await registeredNames(client);
  return SEARCH_ATTRIBUTES.filter((attribute) => !registered.has(attribute.name));
}

async function registeredNames(client: Client): Promise<ReadonlySet<string>> {
  const { namespace } = client.options;
  try {
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
    return new Set(Object.keys(customAttributes));
  } catch (error) {
    if (!hasStatus(error, ...REFUSALS)) throw error;
    // Temporal Cloud has no operator service, but lists the names configured there.
    const { config } = await client.connection.workflowService.describeNamespace({ namespace });
    return new Set(Object.values(config?.customSearchAttributeAliases ?? {}));
  }
}
