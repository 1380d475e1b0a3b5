/** Connections to an identity provider, within the limits of its settings and with its certificate authorities. */
import { isIP } from 'node:net';
import { type Dispatcher, EnvHttpProxyAgent } from 'undici';
import type { ProviderSettings } from '../../../config/model.ts';
import { readSettingFile } from '../../../config/secrets.ts';
import { checkedLookup, systemResolver } from '../../../outbound/checked-lookup.ts';
import { isLoopbackHost, withoutBrackets } from '../../../registry/loopback.ts';
import { isPublicAddress } from '../../../registry/public-address.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** Larger than the keys of any provider. */
export const MAX_BODY_BYTES = 1024 * 1024;

type Settings = Pick<ProviderSettings, 'caFile' | 'allowPrivateIp'>;

export class ProviderConnections {
  readonly #settings: Settings;
  #open: { readonly authorities: string | undefined; readonly dispatcher: Dispatcher } | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /**
   * The dispatcher for requests to a URL. It trusts the current content of the CA file.
   *
   * @throws Error if the URL must not be requested, or the CA file can't be read
   */
  async dispatcherFor(url: URL): Promise<Dispatcher> {
    this.#assertMayReach(url);
    const { caFile, allowPrivateIp } = this.#settings;
    const authorities = caFile === undefined ? undefined : (await readSettingFile(caFile, 'caCertPath')).toString();
    if (this.#open === undefined || this.#open.authorities !== authorities) {
      // Requests on the old connections finish.
      void this.#open?.dispatcher.close();
      this.#open = { authorities, dispatcher: connect(authorities, allowPrivateIp) };
    }
    return this.#open.dispatcher;
  }

  async close(): Promise<void> {
    await this.#open?.dispatcher.destroy();
  }

  /** Host names are checked when they are looked up, so that the checked address is the one that is used. */
  #assertMayReach(url: URL): void {
    const host = withoutBrackets(url.hostname);
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopbackHost(host))) {
      throw new Error('Its URL must start with https://, or with http:// for this machine itself');
    }
    if (!this.#settings.allowPrivateIp && isIP(host) !== 0 && !isPublicAddress(host)) throw privateAddress(host);
  }
}

/** Honours HTTPS_PROXY and NO_PROXY. Behind a proxy, the proxy decides what can be reached. */
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

function privateAddress(host: string): Error {
  return new Error(`${host} resolves to a private address: set allowPrivateIP: true to allow it`);
}
