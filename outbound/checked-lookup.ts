/** Looks up host names and returns only the addresses that are allowed, so that the checked address is the one connected to. */
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';

/** All addresses of a host name, the preferred ones first. Rejects like `dns.lookup`. */
export type Resolver = (host: string) => Promise<readonly LookupAddress[]>;

/** Looks up names like every other program on this machine. */
export const systemResolver: Resolver = (host) => lookup(host, { all: true });

export interface LookupRule {
  readonly resolve: Resolver;
  readonly mayReach: (host: string, address: string) => boolean;
  /** Makes the error if none of the host's addresses is allowed. */
  readonly refusal: (host: string) => Error;
}

/** The allowed addresses of a host, at least one. */
export async function lookUpReachable(host: string, rule: LookupRule): Promise<readonly LookupAddress[]> {
  const addresses = await rule.resolve(host);
  const reachable = addresses.filter(({ address }) => rule.mayReach(host, address));
  if (reachable.length === 0) throw rule.refusal(host);
  return reachable;
}

/** For the option `lookup` of a connection. Node calls it for host names only; check addresses in a URL beforehand. */
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
