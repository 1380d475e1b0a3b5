/** Random choices that are the same every time: they depend only on the seed and on the order of the draws. */

/** Points of a cumulative distribution, ascending in both members, from share 0 to share 1. */
export type Quantiles = readonly (readonly [share: number, value: number])[];

/** Alternatives with the weights they are drawn by. */
export type Weighted<Value> = readonly (readonly [weight: number, value: Value])[];

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** At least 0 and below 1; the generator is Mulberry32. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from 0 to `below` - 1. */
  integer(below: number): number {
    return Math.floor(this.fraction() * below);
  }

  chance(share: number): boolean {
    return this.fraction() < share;
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[this.integer(values.length)]!;
  }

  pickWeighted<Value>(alternatives: Weighted<Value>): Value {
    let left = this.fraction() * alternatives.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of alternatives) {
      left -= weight;
      if (left < 0) return value;
    }
    return alternatives.at(-1)![1];
  }

  /** An integer drawn from a distribution that is linear between its given points. */
  fromQuantiles(quantiles: Quantiles): number {
    const share = this.fraction();
    const above = quantiles.findIndex(([point]) => point > share);
    const [highShare, high] = quantiles[above]!;
    const [lowShare, low] = quantiles[above - 1]!;
    return Math.round(low + ((high - low) * (share - lowShare)) / (highShare - lowShare));
  }
}
