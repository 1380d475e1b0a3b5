/** One Kubernetes cluster: requests to its API server, with failures that say what is missing. */
import { HttpMethod, type KubeConfig, RequestContext } from '@kubernetes/client-node';
import { Agent, type Dispatcher } from 'undici';
import { exchange, type Sending } from '../outbound/exchange.ts';
import { type ClusterAccess, loadKubeconfig } from './kubeconfig.ts';
import { notReachable, refusal } from './refusal.ts';

export type Query = Readonly<Record<string, string | number | undefined>>;

/** A request without a `method` reads. */
export type ClusterRequest = Sending & {
  /** The path, which starts with `/api` or `/apis`. */
  readonly path: string;
  readonly query?: Query | undefined;
  /**
   * The resource that is read or changed, for error messages: `mcpservers.toolhive.stacklok.dev in the namespace
   * team-a`.
   */
  readonly what: string;
  /** Default `application/json`; with `as=PartialObjectMetadata…` only the metadata is sent. */
  readonly accept?: string | undefined;
  readonly signal: AbortSignal;
};

const ANSWER_TIMEOUT_MS = 30_000;
/** Longest line of a watch: the API server refuses objects of more than about 1.5 MiB. */
const LONGEST_LINE = 8 * 1024 * 1024;

export class Cluster {
  readonly #access: ClusterAccess;
  #config: KubeConfig;
  #dispatcher: Dispatcher | undefined;

  /**
   * Reads the kubeconfig, or the service account of the pod, without connecting yet. Close it after use.
   * @throws RollcallError `DefinitionInvalid` if there is no such file or context
   */
  constructor(access: ClusterAccess) {
    this.#access = access;
    this.#config = loadKubeconfig(access);
  }

  /** The namespace to use if none is given. */
  get defaultNamespace(): string {
    return this.#config.getContextObject(this.#config.getCurrentContext())?.namespace?.trim() || 'default';
  }

  /** @throws RollcallError unless the API server says that it is ready */
  async assertReady(signal: AbortSignal): Promise<void> {
    const response = await this.#send({ path: '/readyz', what: 'readiness', signal });
    await response.body.dump();
  }

  /** Sends a request and returns the JSON of the answer. */
  async request(asked: ClusterRequest): Promise<unknown> {
    const response = await this.#send(asked);
    try {
      return await response.body.json();
    } catch (error) {
      asked.signal.throwIfAborted();
      throw notReachable(this.#server, error);
    }
  }

  /** Resolves when the API server begins to answer. Then yields the lines of the answer, parsed, as they arrive. */
  async stream(read: ClusterRequest, { silenceMs }: { readonly silenceMs: number }): Promise<AsyncGenerator> {
    const response = await this.#send(read, silenceMs);
    return this.#lines(response.body, read.signal);
  }

  async close(): Promise<void> {
    await this.#dispatcher?.destroy();
  }

  /** Rereads credentials when they are refused: tokens expire, and by then their file has a new one. */
  async #send(asked: ClusterRequest, silenceMs = ANSWER_TIMEOUT_MS): Promise<Dispatcher.ResponseData> {
    for (let attempt = 1; ; attempt += 1) {
      const response = await this.#attempt(asked, silenceMs);
      if (response.statusCode >= 200 && response.statusCode < 300) return response;
      const action = asked.method === undefined ? 'read' : 'change';
      const error = await refusal(response, { server: this.#server, what: asked.what, action });
      if (response.statusCode !== 401 || attempt === 2) throw error;
      this.#config = loadKubeconfig(this.#access);
    }
  }

  async #attempt(asked: ClusterRequest, silenceMs: number): Promise<Dispatcher.ResponseData> {
    const { path, query, what: _what, accept = 'application/json', ...sending } = asked;
    const url = new URL(this.#server + path);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const context = new RequestContext(url.href, HttpMethod.GET);
    try {
      await this.#config.applySecurityAuthentication(context);
      // The library makes a connection pool per request; one is enough.
      this.#dispatcher ??= context.getDispatcher() ?? new Agent();
      return await exchange({
        ...sending,
        url,
        dispatcher: this.#dispatcher,
        headers: { ...context.getHeaders(), accept },
        timeoutMs: ANSWER_TIMEOUT_MS,
        silenceMs,
      });
    } catch (error) {
      asked.signal.throwIfAborted();
      throw notReachable(this.#server, error);
    }
  }

  async *#lines(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator {
    const decoder = new TextDecoder();
    let rest = '';
    try {
      for await (const chunk of body) {
        const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line !== '') yield JSON.parse(line) as unknown;
        if (rest.length > LONGEST_LINE) throw new Error('it sent a line that is too long');
      }
    } catch (error) {
      signal.throwIfAborted();
      throw notReachable(this.#server, error);
    }
  }

  get #server(): string {
    return this.#config.getCurrentCluster()?.server.replace(/\/+$/, '') ?? '';
  }
}
