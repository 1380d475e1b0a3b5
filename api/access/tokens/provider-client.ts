/** Requests of one kind to a provider of tokens: bounded, never redirected, and held back for a while after a failure. */
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { Logger } from 'pino';
import { type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import type { ProviderSettings } from '../../../config/model.ts';
import { readSecret } from '../../../config/secrets.ts';
import { checkedLookup, systemResolver } from '../../../outbound/checked-lookup.ts';
import { withoutBrackets } from '../../../registry/host-in-url.ts';
import { isLoopbackHost } from '../../../registry/loopback.ts';
import { isPublicAddress } from '../../../registry/public-address.ts';
import { Backoff } from './backoff.ts';
import { ProviderUnavailable } from './rejection.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const SILENCE_TIMEOUT_MS = 5_000;
const TOTAL_TIMEOUT_MS = 10_000;
/** Larger than the keys of any provider. */
const MAX_BODY_BYTES = 1024 * 1024;

export interface Question {
  readonly url: string;
  /** Sent by POST, as the client that the provider knows this registry as. Absent: GET. */
  readonly form?: Readonly<Record<string, string>>;
}

export class ProviderClient {
  readonly #settings: ProviderSettings;
  readonly #logger: Logger;
  readonly #backoff = new Backoff();
  #connections: { readonly authorities: string | undefined; readonly dispatcher: Dispatcher } | undefined;

  constructor(settings: ProviderSettings, logger: Logger) {
    this.#settings = settings;
    this.#logger = logger;
  }

  /**
   * Asks, and reads the answer, which is JSON.
   *
   * @param read makes sense of the answer; what it throws counts as a failure of the provider.
   * @throws ProviderUnavailable for whatever goes wrong. It is logged, and until the pause is over nobody is asked.
   */
  async ask<Answer>(question: Question, read: (answer: unknown) => Answer): Promise<Answer> {
    const pauseMs = this.#backoff.remainingMs();
    if (pauseMs > 0) throw this.#unavailable(pauseMs);
    try {
      const answer = read(await this.#send(question));
      this.#backoff.noteSuccess();
      return answer;
    } catch (cause) {
      const { name } = this.#settings;
      this.#logger.warn({ err: cause, provider: name, url: shown(question.url) }, 'provider of tokens cannot be asked');
      throw this.#unavailable(this.#backoff.noteFailure(), cause);
    }
  }

  async close(): Promise<void> {
    await this.#connections?.dispatcher.destroy();
  }

  async #send({ url, form }: Question): Promise<unknown> {
    const target = new URL(url);
    this.#assertMayReach(target);
    const dispatcher = await this.#dispatcher();
    const credentials = (form && (await this.#clientCredentials())) ?? (await this.#bearerToken());
    const response = await request(target, {
      dispatcher,
      method: form === undefined ? 'GET' : 'POST',
      headers: {
        accept: 'application/json, application/jwk-set+json',
        'user-agent': 'rollcall',
        ...(credentials !== undefined && { authorization: credentials }),
        ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      body: form === undefined ? null : new URLSearchParams(form).toString(),
      headersTimeout: SILENCE_TIMEOUT_MS,
      bodyTimeout: SILENCE_TIMEOUT_MS,
      signal: AbortSignal.timeout(TOTAL_TIMEOUT_MS),
    });
    if (response.statusCode !== 200) {
      await response.body.dump();
      const hint = response.statusCode >= 300 && response.statusCode < 400 ? ', and redirects are not followed' : '';
      throw new Error(`It answered ${response.statusCode}${hint}`);
    }
    return JSON.parse(await boundedText(response.body));
  }

  /** Host names are judged when they are looked up, so that what was judged is what is connected to. */
  #assertMayReach(url: URL): void {
    const host = withoutBrackets(url.hostname);
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopbackHost(host))) {
      throw new Error('Its URL has to begin with https://; http:// only for this machine itself');
    }
    if (!this.#settings.allowPrivateIp && isIP(host) !== 0 && !isPublicAddress(host)) throw privateAddress(host);
  }

  /** Connections that trust what the CA file holds now. */
  async #dispatcher(): Promise<Dispatcher> {
    const { caFile, allowPrivateIp } = this.#settings;
    const authorities = caFile === undefined ? undefined : await readFile(caFile, 'utf8');
    if (this.#connections === undefined || this.#connections.authorities !== authorities) {
      // Those who are using the old connections finish.
      void this.#connections?.dispatcher.close();
      this.#connections = { authorities, dispatcher: connect(authorities, allowPrivateIp) };
    }
    return this.#connections.dispatcher;
  }

  /** `client_secret_basic`: both are encoded as in a form before they are joined (RFC 6749 section 2.3.1). */
  async #clientCredentials(): Promise<string | undefined> {
    const { clientId, clientSecret } = this.#settings;
    if (clientId === undefined || clientSecret === undefined) return undefined;
    const pair = [clientId, await readSecret(clientSecret)].map(formEncode).join(':');
    return `Basic ${Buffer.from(pair).toString('base64')}`;
  }

  async #bearerToken(): Promise<string | undefined> {
    const { token } = this.#settings;
    return token === undefined ? undefined : `Bearer ${await readSecret(token)}`;
  }

  #unavailable(retryAfterMs: number, cause?: unknown): ProviderUnavailable {
    return new ProviderUnavailable(`The provider "${this.#settings.name}" cannot be asked`, { retryAfterMs, cause });
  }
}

/** Honours HTTPS_PROXY and NO_PROXY; behind a proxy it is the proxy that decides what may be reached. */
function connect(authorities: string | undefined, allowPrivateIp: boolean): Dispatcher {
  const trust = authorities === undefined ? {} : { ca: authorities };
  const lookup = checkedLookup({
    resolve: systemResolver,
    mayReach: (_host, address) => isPublicAddress(address),
    refusal: privateAddress,
  });
  return new EnvHttpProxyAgent({
    connect: { ...trust, timeout: CONNECT_TIMEOUT_MS, ...(!allowPrivateIp && { lookup }) },
    requestTls: trust,
  });
}

function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

function privateAddress(host: string): Error {
  return new Error(`${host} leads to an address that is not public, which only allowPrivateIP: true permits`);
}

async function boundedText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new Error(`Its answer is larger than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Without credentials and query. */
function shown(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
