/** Sends requests as a client does: with or without a token, and with its timeout. */
import { isJsonObject, type JsonObject, parseJson } from '../../registry/json.ts';
import type { ServerConnection } from '../server/server-connection.ts';
import { describeError } from '../../telemetry/describe-error.ts';

export interface Answer {
  /** The HTTP status; 0 if there was no answer. */
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body; undefined if it isn't a JSON object. */
  readonly json: JsonObject | undefined;
  readonly milliseconds: number;
  /** The reason if there was no answer. */
  readonly failure?: string;
}

export interface Probe {
  /** The registry's base URL, as it is entered in the client. */
  readonly base: string;
  /** Sends a request without a token, as some clients do. */
  readonly anonymously: (path: string, init?: RequestInit) => Promise<Answer>;
  /** Sends a request with the caller's token, if there is one. */
  readonly withToken: (path: string, init?: RequestInit) => Promise<Answer>;
}

const TIMEOUT_MS = 30_000;

export function createProbe(connection: ServerConnection, registryPath: string): Probe {
  const base = connection.server + registryPath;
  const ask = async (send: typeof fetch, path: string, init: RequestInit = {}): Promise<Answer> => {
    const start = performance.now();
    try {
      const options: RequestInit = { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'manual', ...init };
      const { status, headers, text } = await readAll(await send(base + path, options));
      const parsed = parseJson(text);
      const json = isJsonObject(parsed) ? parsed : undefined;
      return { status, headers, text, json, milliseconds: performance.now() - start };
    } catch (error) {
      const nothing = { status: 0, headers: new Headers(), text: '', json: undefined };
      return { ...nothing, milliseconds: performance.now() - start, failure: describeError(error) };
    }
  };
  return {
    base,
    anonymously: (path, init) => ask(fetch, path, init),
    withToken: (path, init) => ask(connection.fetch, path, init),
  };
}

async function readAll(response: Response): Promise<{ status: number; headers: Headers; text: string }> {
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** The servers of a page, not validated. */
export function itemsOf({ json }: Answer): readonly unknown[] | undefined {
  const servers = json?.['servers'];
  return Array.isArray(servers) ? servers : undefined;
}

export function cursorOf({ json }: Answer): string | undefined {
  const metadata = json?.['metadata'];
  const cursor = isJsonObject(metadata) ? metadata['nextCursor'] : undefined;
  return typeof cursor === 'string' && cursor !== '' ? cursor : undefined;
}

export function statusText({ status, failure }: Answer): string {
  return failure === undefined ? `answered ${status}` : `did not answer: ${failure}`;
}

export function isJson({ headers, json }: Answer): boolean {
  return json !== undefined && (headers.get('content-type') ?? '').includes('application/json');
}
