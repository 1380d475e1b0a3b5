/** Reads from container registries without credentials (OCI Distribution Specification 1.1). */
import { RollcallError } from '../registry/failure.ts';
import { isJsonObject, textOf } from '../registry/json.ts';
import { exchange } from './exchange.ts';
import type { OutboundGuard } from './guard.ts';
import { displayUrl } from './redaction.ts';

const TIMEOUT_MS = 10_000;
const MAX_REDIRECTS = 3;
/** Bundles and manifests are a few KiB. */
const MAX_BYTES = 1024 * 1024;
const TOKEN_MEDIA = 'application/json';

export interface OciRepository {
  /** Of the registry's API. */
  readonly origin: string;
  /** `acme/pdf` */
  readonly path: string;
}

/** `ghcr.io/acme/pdf:1.0@sha256:…`; null for anything else, and for names without a registry. */
export function ociRepository(image: string): OciRepository | null {
  const [, host, path] =
    /^((?:[a-z0-9-]+\.)+[a-z0-9-]+(?::\d+)?|localhost(?::\d+)?|\[[0-9a-f:]+\](?::\d+)?)\/([a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?$/i.exec(
      image,
    ) ?? [];
  if (host === undefined || path === undefined) return null;
  const name = host === 'docker.io' ? 'registry-1.docker.io' : host;
  // As all clients do: a registry of this machine has no certificate.
  const isLocal = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::|$)/i.test(name);
  return { origin: `${isLocal ? 'http' : 'https'}://${name}`, path };
}

export class OciReader {
  readonly #guard: OutboundGuard;
  readonly #signal: AbortSignal;
  /** Hosts that didn't answer: a fetch must not wait for each of them once per entry. */
  readonly #unreachable = new Map<string, RollcallError>();

  constructor(guard: OutboundGuard, signal: AbortSignal) {
    this.#guard = guard;
    this.#signal = signal;
  }

  /**
   * The JSON document at a path below `/v2/<repository>/`; null if there is none.
   *
   * @throws RollcallError if it can't be read
   */
  async json({ origin, path }: OciRepository, below: string, accept: string): Promise<unknown> {
    const url = new URL(`${origin}/v2/${path}/${below}`);
    const first = await this.#get(url, { accept });
    const challenge = first.status === 401 ? first.challenge : undefined;
    const answer =
      challenge === undefined
        ? first
        : await this.#get(url, { accept, authorization: await this.#token(challenge, url) });
    if (answer.status === 404) return null;
    if (answer.status !== 200) throw refused(url, answer.status);
    return parsed(url, answer.body);
  }

  /** A token for anonymous callers, where the registry says. */
  async #token(challenge: string, asked: URL): Promise<string> {
    const parameters = Object.fromEntries(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
    );
    const url = URL.parse(parameters['realm'] ?? '');
    if (url === null || !/^bearer /i.test(challenge)) throw refused(asked, 401);
    for (const name of ['service', 'scope']) {
      if (parameters[name] !== undefined) url.searchParams.set(name, parameters[name]);
    }
    const { status, body } = await this.#get(url, { accept: TOKEN_MEDIA });
    const answer = status === 200 ? parsed(url, body) : null;
    const token = isJsonObject(answer) ? (textOf(answer['token']) ?? textOf(answer['access_token'])) : undefined;
    if (token === undefined) throw refused(asked, 401);
    return `Bearer ${token}`;
  }

  async #get(
    url: URL,
    headers: Readonly<Record<string, string>>,
    redirects = 0,
  ): Promise<{ readonly status: number; readonly challenge: string | undefined; readonly body: Buffer }> {
    this.#guard.assertMayReach(url);
    const before = this.#unreachable.get(url.host);
    if (before !== undefined) throw before;
    try {
      const { dispatcher } = this.#guard;
      const response = await exchange({ url, dispatcher, headers, timeoutMs: TIMEOUT_MS, signal: this.#signal });
      const [location] = [response.headers['location']].flat();
      if (
        [301, 302, 303, 307, 308].includes(response.statusCode) &&
        location !== undefined &&
        redirects < MAX_REDIRECTS
      ) {
        await response.body.dump();
        const { authorization: _, ...others } = headers;
        return await this.#get(new URL(location, url), others, redirects + 1);
      }
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > MAX_BYTES) throw new RollcallError('UpstreamInvalid', `${displayUrl(url)} sends more than 1 MiB`);
        chunks.push(chunk);
      }
      const [challenge] = [response.headers['www-authenticate']].flat();
      return { status: response.statusCode, challenge, body: Buffer.concat(chunks) };
    } catch (error) {
      if (error instanceof RollcallError) throw error;
      this.#signal.throwIfAborted();
      const failure = new RollcallError('UpstreamUnavailable', `${url.origin} could not be read`, { cause: error });
      this.#unreachable.set(url.host, failure);
      throw failure;
    }
  }
}

function parsed(url: URL, body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new RollcallError('UpstreamInvalid', `${displayUrl(url)} doesn't answer with JSON`);
  }
}

function refused(url: URL, status: number): RollcallError {
  return new RollcallError('UpstreamUnavailable', `${displayUrl(url)} answered ${status}`);
}
