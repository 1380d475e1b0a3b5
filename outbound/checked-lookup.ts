/** Looks host names up and passes on only the addresses that may be reached: what was judged is what is connected to. */
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';

/** All addresses of a host name, the preferred ones first. Rejects as `dns.lookup` does. */
export type Resolver = (host: string) => Promise<readonly LookupAddress[]>;

/** As every other program of this machine would look it up. */
export const systemResolver: Resolver = (host) => lookup(host, { all: true });

export interface LookupRule {
  readonly resolve: Resolver;
  readonly mayReach: (host: string, address: string) => boolean;
  /** What is thrown where a host has addresses, none of which may be reached. */
  readonly refusal: (host: string) => Error;
}

/** The addresses of a host that may be reached, at least one. */
export async function lookUpReachable(host: string, rule: LookupRule): Promise<readonly LookupAddress[]> {
  const addresses = await rule.resolve(host);
  const reachable = addresses.filter(({ address }) => rule.mayReach(host, address));
  if (reachable.length === 0) throw rule.refusal(host);
  return reachable;
}

/**
 * For the option `lookup` of a connection. Node calls it for host names only: addresses that stand in a URL are to be
 * judged before.
 */
export function checkedLookup(rule: LookupRule): LookupFunction {
  return (host, { all, family }, callback) => {
    void lookUpReachable(host, rule).then(
      (addresses) => {
        if (all === true) return callback(null, [...addresses]);
        const wanted = addresses.find((one) => one.family === familyNumber(family)) ?? addresses[0]!;
        callback(null, wanted.address, wanted.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    );
  };
}

function familyNumber(family: string | number | undefined): number | undefined {
  return typeof family === 'string' ? Number(family.replace('IPv', '')) : family;
}
