/** Hosts of URLs: recognizes those of the local machine. */

/**
 * Whether the host of a URL is the local machine: `localhost` and its subdomains (RFC 6761 section 6.3), or a loopback
 * address with or without brackets.
 */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || isLoopbackAddress(withoutBrackets(host));
}

function isLoopbackAddress(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(address);
}

/** Removes the brackets around an IPv6 address from the host of a URL. */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
