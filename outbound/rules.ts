/** Rules for the hosts and addresses that sources created through the API can reach. Pure: nothing is looked up. */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { OutboundSettings } from '../config/model.ts';
import { withoutBrackets } from '../registry/loopback.ts';
import { isPublicAddress } from '../registry/public-address.ts';

type Range = ReturnType<typeof ipaddr.parseCIDR>;

export class OutboundRules {
  readonly #names = new Set<string>();
  readonly #ranges: Range[] = [];

  /** @param settings whose `allow` was checked when the configuration was read */
  constructor({ allow }: Pick<OutboundSettings, 'allow'>) {
    for (const entry of allow) {
      const [address = '', bits] = entry.split('/');
      const version = isIP(address);
      if (version === 0) this.#names.add(plainHost(entry));
      else this.#ranges.push(ipaddr.parseCIDR(`${address}/${bits ?? (version === 4 ? 32 : 128)}`));
    }
  }

  /** Whether this exact host is listed: by its name or, for an address, by itself or by a range. */
  lists(host: string): boolean {
    const plain = plainHost(host);
    return this.#names.has(plain) || (isIP(plain) !== 0 && this.#listsAddress(plain));
  }

  /** Whether an address of the host is allowed: public, listed, or of a listed host. */
  mayReach(host: string, address: string): boolean {
    return isPublicAddress(address) || this.lists(host) || this.#listsAddress(address);
  }

  /** The reason why a URL is forbidden, without looking up its name; null if it isn't forbidden. */
  faultOf(url: URL): string | null {
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must start with https://';
    return url.protocol === 'http:' && !this.lists(url.hostname)
      ? 'must start with https://: only hosts in `outbound.allow` can be reached without encryption'
      : this.faultOfHost(url.hostname);
  }

  /** The reason why a host is forbidden, without looking up its name; null if it isn't forbidden. */
  faultOfHost(host: string): string | null {
    const plain = plainHost(host);
    if (plain === '') return 'has no host';
    const known = isLocalName(plain) ? ['127.0.0.1', '::1'] : isIP(plain) === 0 ? [] : [plain];
    const forbidden = known.length > 0 && !known.some((address) => this.mayReach(plain, address));
    return forbidden ? 'resolves to an address that is not public, and that `outbound.allow` does not list' : null;
  }

  #listsAddress(address: string): boolean {
    const parsed = ipaddr.process(address);
    return this.#ranges.some(([network, bits]) => parsed.kind() === network.kind() && parsed.match([network, bits]));
  }
}

/** Normalizes a host for comparison: lower case, without brackets and the trailing dot. */
function plainHost(host: string): string {
  return withoutBrackets(host.toLowerCase()).replace(/\.$/, '');
}

/** RFC 6761 section 6.3. */
function isLocalName(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}
