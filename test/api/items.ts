/** Helpers for answers of the registry API. */
import { expect } from 'vitest';
import { OFFICIAL } from '../../registry/server-json/extension.ts';
import type { RunningApi } from './running-api.ts';

export interface Item {
  readonly server: { readonly name: string; readonly version: string } & Readonly<Record<string, unknown>>;
  readonly _meta: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}
export interface Page {
  readonly servers: readonly Item[];
  readonly metadata: { readonly count: number; readonly nextCursor?: string };
}

/** The answer to a GET that must succeed. */
export async function readJson<Body>(api: RunningApi, path: string): Promise<Body> {
  const response = await api.get(path);
  const answer = { status: response.status, body: (await response.json()) as Body };
  expect(answer).toMatchObject({ status: 200 });
  return answer.body;
}
export const readPage = (api: RunningApi, path: string): Promise<Page> => readJson(api, path);

/** The error of an answer that must have this status. */
export async function expectError(response: Response, status: number): Promise<string> {
  const answer = { status: response.status, body: (await response.json()) as { error: string } };
  expect(answer).toMatchObject({ status, body: { error: expect.any(String) as string } });
  return answer.body.error;
}

export const label = ({ server }: Item): string => `${server.name}@${server.version}`;
export const labels = ({ servers }: Page): string[] => servers.map(label);
export const meta = (item: Item | undefined): Item['_meta'] => item?.['_meta'] ?? {};
export const official = (item: Item | undefined): Readonly<Record<string, unknown>> => meta(item)[OFFICIAL] ?? {};
