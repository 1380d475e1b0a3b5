import type { GitOrigin } from '../registry/source-definition.ts';
import type { CheckResult } from '../workflows/contract.ts';
import type { Check } from './check.ts';
import type { Fetch, Fetched } from './fetch.ts';
export async function fetchGit(_fetch: Fetch<GitOrigin>): Promise<Fetched> {
  throw new Error('x');
}
export async function checkGit(_check: Check<GitOrigin>): Promise<CheckResult['news']> {
  return 'maybe';
}
