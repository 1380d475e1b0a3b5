/** Decides which IP addresses are public. */
import ipaddr from 'ipaddr.js';
import { withoutBrackets } from './loopback.ts';

/** The IPv6 range of public addresses (RFC 4291 section 2.4). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Ranges that look public but aren't, and that ipaddr.js doesn't know: Azure's platform (metadata and credentials of
 * agents), the service network of IBM Cloud, and documentation (RFC 9637).
 */
const INTERNAL_IPV4 = ['168.63.129.16/32', '161.26.0.0/16', '166.8.0.0/14'].map((range) =>
  ipaddr.IPv4.parseCIDR(range),
);
const INTERNAL_IPV6 = [ipaddr.IPv6.parseCIDR('3fff::/20')];

/** IPv6 ranges that embed an IPv4 address, with the offset of its first byte. */
const CARRIERS: readonly { readonly range: [ipaddr.IPv6, number]; readonly offset: number }[] = [
  // IPv4-mapped (RFC 4291 section 2.5.5.2).
  { range: ipaddr.IPv6.parseCIDR('::ffff:0:0/96'), offset: 12 },
  // NAT64 (RFC 6052).
  { range: ipaddr.IPv6.parseCIDR('64:ff9b::/96'), offset: 12 },
  // 6to4 (RFC 3056).
  { range: ipaddr.IPv6.parseCIDR('2002::/16'), offset: 2 },
];

/**
 * Whether an address is public. An address that embeds an IPv4 address is public if that one is. Not public: private,
 * loopback, link-local, unique local, shared (RFC 6598), multicast, broadcast, unspecified, and reserved addresses,
 * metadata services of clouds, addresses for documentation, benchmarking, and tunnels, and invalid addresses.
 *
 * @param address numeric address, with or without brackets and zone. IPv4 must be four decimal numbers: `0x7f.1` and
 *   `2130706433` are invalid.
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
