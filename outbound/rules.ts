/** Which hosts and addresses sources that were created through the API may reach. Pure: nothing is looked up. */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { OutboundSettings } from '../config/model.ts';
import { withoutBrackets } from '../registry/host-in-url.ts';
import { isPublicAddress } from '../registry/public-address.ts';

type Range = ReturnType<typeof ipaddr.parseCIDR>;

export class OutboundRules {
  readonly #names = new Set<string>();
  readonly #ranges: Range[] = [];

  /** @param settings whose `allow` has been checked when the configuration was read */
  constructor({ allow }: Pick<OutboundSettings, 'allow'>) {
    for (const entry of allow) {
      const [address = '', bits] = entry.split('/');
      const version = isIP(address);
      if (version === 0) this.#names.add(plainHost(entry));
      else this.#ranges.push(ipaddr.parseCIDR(`${address}/${bits ?? (version === 4 ? 32 : 128)}`));
    }
  }

  /** Whether this very host is listed: by its name, or, for an address, by itself or by a range. */
  lists(host: string): boolean {
    const plain = plainHost(host);
    return this.#names.has(plain) || (isIP(plain) !== 0 && this.#listsAddress(plain));
  }

  /** Whether the address of a host may be connected to: public, listed, or of a listed host. */
  mayReach(host: string, address: string): boolean {
    return isPublicAddress(address) || this.lists(host) || this.#listsAddress(address);
  }

  /** What forbids a URL before any name is looked up; null: nothing. */
  faultOf(url: URL): string | null {
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'has to begin with https://';
    return url.protocol === 'http:' && !this.lists(url.hostname)
      ? 'has to begin with https://: without encryption only hosts are reached that `outbound.allow` lists'
      : this.faultOfHost(url.hostname);
  }

  /** What forbids a host before its name is looked up; null: nothing. */
  faultOfHost(host: string): string | null {
    const plain = plainHost(host);
    if (plain === '') return 'has no host';
    const known = isLocalName(plain) ? ['127.0.0.1', '::1'] : isIP(plain) === 0 ? [] : [plain];
    const forbidden = known.length > 0 && !known.some((address) => this.mayReach(plain, address));
    return forbidden ? 'leads to an address that is not public, and that `outbound.allow` does not list' : null;
  }

  #listsAddress(address: string): boolean {
    const parsed = ipaddr.process(address);
    return this.#ranges.some(([network, bits]) => parsed.kind() === network.kind() && parsed.match([network, bits]));
  }
}

/** As two spellings of one host are compared: without brackets, upper case and the dot of the root. */
function plainHost(host: string): string {
  return withoutBrackets(host.toLowerCase()).replace(/\.$/, '');
}

/** RFC 6761 section 6.3. */
function isLocalName(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}
