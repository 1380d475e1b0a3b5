import type { ApiOrigin } from '../registry/source-definition.ts';
import type { CheckResult } from '../workflows/contract.ts';
import type { Check } from './check.ts';
import type { Fetch, Fetched } from './fetch.ts';
export async function fetchApi(_fetch: Fetch<ApiOrigin>): Promise<Fetched> {
  throw new Error('x');
}
export async function checkApi(_check: Check<ApiOrigin>): Promise<CheckResult['news']> {
  return 'maybe';
}
