/** Which internet addresses are public: reachable for everybody, and nobody's own network. */
import ipaddr from 'ipaddr.js';
import { withoutBrackets } from './host-in-url.ts';

/** The part of IPv6 from which public addresses are given out (RFC 4291 section 2.4). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Ranges that look public, but lead into the network of the machine that asks: Azure's platform (its metadata and
 * agents' credentials), the service network of IBM Cloud, and documentation (RFC 9637), which ipaddr.js doesn't know.
 */
const INTERNAL_IPV4 = ['168.63.129.16/32', '161.26.0.0/16', '166.8.0.0/14'].map((range) =>
  ipaddr.IPv4.parseCIDR(range),
);
const INTERNAL_IPV6 = [ipaddr.IPv6.parseCIDR('3fff::/20')];

/** Addresses that stand for an IPv4 address, and the byte at which that begins. */
const CARRIERS: readonly { readonly range: [ipaddr.IPv6, number]; readonly offset: number }[] = [
  // IPv4-mapped (RFC 4291 section 2.5.5.2).
  { range: ipaddr.IPv6.parseCIDR('::ffff:0:0/96'), offset: 12 },
  // NAT64 (RFC 6052).
  { range: ipaddr.IPv6.parseCIDR('64:ff9b::/96'), offset: 12 },
  // 6to4 (RFC 3056).
  { range: ipaddr.IPv6.parseCIDR('2002::/16'), offset: 2 },
];

/**
 * Whether an address is public. One that carries an IPv4 address is as public as that. What is private, loopback,
 * link-local, a metadata service of a cloud, unique local, shared (RFC 6598), multicast, broadcast,
 * unspecified, reserved, for documentation, benchmarking or tunnels is not, and neither is what is no address at all.
 *
 * @param address in numbers, as the system writes it, with or without brackets and zone. IPv4 is four decimal numbers:
 *   `0x7f.1` and `2130706433` are no addresses.
 */
export function isPublicAddress(address: string): boolean {
  const plain = withoutBrackets(address).replace(/%.*$/, '');
  if (ipaddr.IPv4.isValidFourPartDecimal(plain)) return isPublicIpv4(ipaddr.IPv4.parse(plain));
  return ipaddr.IPv6.isValid(plain) && isPublicIpv6(ipaddr.IPv6.parse(plain));
}

function isPublicIpv4(address: ipaddr.IPv4): boolean {
  return address.range() === 'unicast' && !INTERNAL_IPV4.some((range) => address.match(range));
}

function isPublicIpv6(address: ipaddr.IPv6): boolean {
  const carrier = CARRIERS.find(({ range }) => address.match(range));
  if (carrier !== undefined) {
    return isPublicIpv4(new ipaddr.IPv4(address.toByteArray().slice(carrier.offset, carrier.offset + 4)));
  }
  if (INTERNAL_IPV6.some((range) => address.match(range))) return false;
  return address.match(GLOBAL_UNICAST) && address.range() === 'unicast';
}
