/** Removes the brackets around an IPv6 address from the host of a URL. */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
