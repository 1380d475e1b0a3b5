/** Reads from container registries without credentials (OCI Distribution Specification 1.1). */
import { hash } from 'node:crypto';
import { RollcallError } from '../registry/failure.ts';
import { isJsonObject, textOf } from '../registry/json.ts';
import { boundedBody, exchange, headerOf, isRedirect } from './exchange.ts';
import type { OutboundGuard } from './guard.ts';
import { atMinimumSpeed } from './minimum-speed.ts';
import { displayUrl } from './redaction.ts';

const TIMEOUT_MS = 10_000;
const MAX_REDIRECTS = 3;
const MEBIBYTE = 1024 * 1024;
/** Bundles and manifests are a few KiB. */
const MAX_JSON_BYTES = MEBIBYTE;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

export interface OciRepository {
  /** Origin of the registry's API. */
  readonly origin: string;
  /** `acme/pdf` */
  readonly path: string;
}

export interface OciImage extends OciRepository {
  /** The reference without tag and digest: `ghcr.io/acme/pdf`. */
  readonly name: string;
  /** The tag. Default: `latest`. */
  readonly tag: string;
  /** `sha256:…` */
  readonly digest: string | undefined;
}

/** `ghcr.io/acme/pdf:1.0@sha256:…`; null for anything else, and for names without a registry. */
export function ociImage(image: string): OciImage | null {
  const [, host, path, tag = 'latest', digest] =
    /^((?:[a-z0-9-]+\.)+[a-z0-9-]+(?::\d+)?|localhost(?::\d+)?|\[[0-9a-f:]+\](?::\d+)?)\/([a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::([\w.-]+))?(?:@(sha256:[0-9a-f]{64}))?$/i.exec(
      image,
    ) ?? [];
  if (host === undefined || path === undefined) return null;
  const server = host === 'docker.io' ? 'registry-1.docker.io' : host;
  // All clients use plain HTTP here, because a registry of this machine has no certificate.
  const isLocal = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::|$)/i.test(server);
  const origin = `${isLocal ? 'http' : 'https'}://${server}`;
  return { origin, path, name: `${host}/${path}`, tag, digest: digest?.toLowerCase() };
}

interface Wanted {
  readonly accept: string;
  readonly maxBytes: number;
  readonly method?: 'GET' | 'HEAD';
}

interface Answer {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: Buffer;
}

/** The knowledge of one activity about the registries that it has asked. */
interface Memory {
  /** Hosts that didn't answer: an activity must not wait for each of them once per entry. */
  readonly unreachable: Map<string, RollcallError>;
  /** Tokens by the repository that they are for. */
  readonly tokens: Map<string, string>;
}

/** Reads from registries. Each activity has its own reader. */
export class OciReader {
  readonly #guard: OutboundGuard;
  readonly #signal: AbortSignal;
  readonly #memory: Memory;

  constructor(guard: OutboundGuard, signal: AbortSignal, memory?: Memory) {
    this.#guard = guard;
    this.#signal = signal;
    this.#memory = memory ?? { unreachable: new Map(), tokens: new Map() };
  }

  /** A reader with the same memory and another signal. */
  until(signal: AbortSignal): OciReader {
    return new OciReader(this.#guard, signal, this.#memory);
  }

  /**
   * The JSON document at a path below `/v2/<repository>/`; null if there is none.
   *
   * @throws RollcallError if it can't be read
   */
  async json(repository: OciRepository, below: string, accept: string): Promise<unknown> {
    const url = urlOf(repository, below);
    const answer = await this.#ask(repository, url, { accept, maxBytes: MAX_JSON_BYTES });
    return answer === null ? null : parsed(url, answer.body);
  }

  /**
   * Returns the current digest of a tag, with a HEAD request. Null if the tag doesn't exist.
   *
   * @throws RollcallError if the registry can't be read
   */
  async digestOf(repository: OciRepository, tag: string, accept: string): Promise<string | null> {
    const url = urlOf(repository, `manifests/${tag}`);
    const head = await this.#ask(repository, url, { accept, maxBytes: 0, method: 'HEAD' });
    if (head === null) return null;
    const digest = head.header('docker-content-digest');
    if (digest !== undefined && DIGEST.test(digest)) return digest;
    // The header is optional.
    const answer = await this.#ask(repository, url, { accept, maxBytes: MAX_JSON_BYTES });
    return answer === null ? null : digestOf(answer.body);
  }

  /**
   * The manifest with a digest; null if there is none.
   *
   * @throws RollcallError if it can't be read, or `UpstreamInvalid` if the bytes have another digest
   */
  async manifest(repository: OciRepository, digest: string, accept: string): Promise<unknown> {
    const url = urlOf(repository, `manifests/${digest}`);
    const bytes = await this.#verified(repository, url, { digest, accept, maxBytes: MAX_JSON_BYTES });
    return bytes === null ? null : parsed(url, bytes);
  }

  /** Like `manifest`, for the bytes of a layer. */
  async blob(
    repository: OciRepository,
    digest: string,
    { maxBytes }: { readonly maxBytes: number },
  ): Promise<Buffer | null> {
    return await this.#verified(repository, urlOf(repository, `blobs/${digest}`), { digest, accept: '*/*', maxBytes });
  }

  async #verified(
    repository: OciRepository,
    url: URL,
    { digest, ...wanted }: Wanted & { readonly digest: string },
  ): Promise<Buffer | null> {
    const answer = await this.#ask(repository, url, wanted);
    if (answer === null || digestOf(answer.body) === digest) return answer?.body ?? null;
    throw new RollcallError('UpstreamInvalid', `${displayUrl(url)} sends bytes that have another digest`);
  }

  /** Sends a request, and returns null for 404. */
  async #ask(repository: OciRepository, url: URL, wanted: Wanted): Promise<Answer | null> {
    const key = `${repository.origin}/${repository.path}`;
    let answer = await this.#request(url, wanted, this.#memory.tokens.get(key));
    const challenge = answer.status === 401 ? answer.header('www-authenticate') : undefined;
    if (challenge !== undefined) {
      const token = await this.#token(challenge, url);
      this.#memory.tokens.set(key, token);
      answer = await this.#request(url, wanted, token);
    }
    if (answer.status === 404) return null;
    if (answer.status !== 200) throw refused(url, answer.status);
    return answer;
  }

  /** Gets a token for anonymous callers from the service that the registry names. */
  async #token(challenge: string, asked: URL): Promise<string> {
    const parameters = Object.fromEntries(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
    );
    const url = URL.parse(parameters['realm'] ?? '');
    if (url === null || !/^bearer /i.test(challenge)) throw refused(asked, 401);
    for (const name of ['service', 'scope']) {
      if (parameters[name] !== undefined) url.searchParams.set(name, parameters[name]);
    }
    const { status, body } = await this.#request(url, { accept: 'application/json', maxBytes: MAX_JSON_BYTES });
    const answer = status === 200 ? parsed(url, body) : null;
    const token = isJsonObject(answer) ? (textOf(answer['token']) ?? textOf(answer['access_token'])) : undefined;
    if (token === undefined) throw refused(asked, 401);
    return `Bearer ${token}`;
  }

  /** Follows redirects without the token: the URL of another host's storage carries its own authorization. */
  async #request(url: URL, wanted: Wanted, authorization?: string): Promise<Answer> {
    let target = url;
    let headers: Record<string, string> = { accept: wanted.accept, ...(authorization && { authorization }) };
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const answer = await this.#send(target, headers, wanted);
      const location = answer.header('location');
      if (!isRedirect(answer.status) || location === undefined) return answer;
      if (!URL.canParse(location, target.href)) break;
      target = new URL(location, target);
      headers = { accept: wanted.accept };
    }
    throw new RollcallError('UpstreamInvalid', `${displayUrl(url)} doesn't redirect to an answer`);
  }

  async #send(url: URL, headers: Readonly<Record<string, string>>, { method, maxBytes }: Wanted): Promise<Answer> {
    this.#guard.assertMayReach(url);
    const before = this.#memory.unreachable.get(url.host);
    if (before !== undefined) throw before;
    try {
      const { dispatcher } = this.#guard;
      const limits = { timeoutMs: TIMEOUT_MS, signal: this.#signal };
      const response = await exchange({ url, dispatcher, headers, ...limits, ...(method && { method }) });
      const header = (name: string): string | undefined => headerOf(response, name);
      const { statusCode: status } = response;
      if (status >= 300) {
        await response.body.dump();
        return { status, header, body: Buffer.alloc(0) };
      }
      const body = await boundedBody(atMinimumSpeed(response.body, displayUrl(url)), maxBytes);
      if (body !== null) return { status, header, body };
      const limit = `${Math.floor(maxBytes / MEBIBYTE)} MiB`;
      throw new RollcallError('UpstreamInvalid', `${displayUrl(url)} sends more than ${limit}`);
    } catch (error) {
      if (error instanceof RollcallError) throw error;
      this.#signal.throwIfAborted();
      const failure = new RollcallError('UpstreamUnavailable', `${url.origin} could not be read`, { cause: error });
      this.#memory.unreachable.set(url.host, failure);
      throw failure;
    }
  }
}

function urlOf({ origin, path }: OciRepository, below: string): URL {
  return new URL(`${origin}/v2/${path}/${below}`);
}

function digestOf(bytes: Buffer): string {
  return `sha256:${hash('sha256', bytes, 'hex')}`;
}

function parsed(url: URL, body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new RollcallError('UpstreamInvalid', `${displayUrl(url)} doesn't answer with JSON`);
  }
}

/** Access that is refused today won't be granted in ten minutes, and a registry that fails may recover. */
function refused(url: URL, status: number): RollcallError {
  const where = `${displayUrl(url)} answered ${status}`;
  if (status === 401 || status === 403) {
    return new RollcallError('UpstreamDenied', `${where}: registries of images are read without credentials`);
  }
  if (status === 429) return new RollcallError('UpstreamRateLimited', where);
  return new RollcallError(status >= 500 ? 'UpstreamUnavailable' : 'UpstreamInvalid', where);
}
