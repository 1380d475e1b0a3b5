/** Keeps a flood of refusals from becoming a flood of events: excess refusals are only counted. */
import { randomUUID } from 'node:crypto';
import { ipKeyGenerator } from 'express-rate-limit';
import type { AuditEvent } from '../../registry/audit.ts';

/** Limits per window. A kind is an address (for IPv6, the customer's network), an action, and an outcome. */
export interface RefusalLimits {
  readonly windowMs: number;
  /** Refusals of one kind that are recorded individually. */
  readonly singlyOfOneKind: number;
  /** Refusals of all kinds that are recorded individually. */
  readonly singly: number;
  /** Number of kinds that are distinguished. Further ones are counted together, without an address. */
  readonly kinds: number;
}

/** In total, an API process records at most 600 refusals a minute. */
const DEFAULT_LIMITS: RefusalLimits = { windowMs: 60_000, singlyOfOneKind: 10, singly: 300, kinds: 300 };

interface Kind {
  /** The address; null for kinds that are counted together. */
  readonly sourceAddress: string | null;
  singly: number;
  /** The first refusal that wasn't recorded individually, with the number of those that followed. */
  summary: AuditEvent | undefined;
}

export class RefusalFilter {
  readonly #limits: RefusalLimits;
  #windowStart = 0;
  #singly = 0;
  #kinds = new Map<string, Kind>();

  constructor(limits: Partial<RefusalLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  /** Whether to record the refusal individually. If not, it is counted for `ended`. */
  admits(refusal: AuditEvent): boolean {
    const kind = this.#kindOf(refusal);
    if (kind.singly < this.#limits.singlyOfOneKind && this.#singly < this.#limits.singly) {
      kind.singly += 1;
      this.#singly += 1;
      return true;
    }
    kind.summary =
      kind.summary === undefined
        ? { ...refusal, id: randomUUID(), requestId: null, sourceAddress: kind.sourceAddress }
        : { ...kind.summary, count: kind.summary.count + 1, detail: { ...kind.summary.detail, until: refusal.at } };
    return false;
  }

  /**
   * The summaries of windows that have ended: one event for each counted kind. `at` is the time of its first refusal,
   * `detail.until` of its last. Everything else is from the first.
   */
  ended(now: number): readonly AuditEvent[] {
    if (now < this.#windowStart + this.#limits.windowMs) return [];
    const summaries = [...this.#kinds.values()].flatMap(({ summary }) => summary ?? []);
    this.#windowStart = now;
    this.#singly = 0;
    this.#kinds = new Map();
    return summaries;
  }

  #kindOf(refusal: AuditEvent): Kind {
    const own = this.#kinds.get(keyOf(refusal));
    if (own !== undefined) return own;
    const told = this.#kinds.size < this.#limits.kinds ? refusal : { ...refusal, sourceAddress: null };
    const kind = this.#kinds.get(keyOf(told)) ?? { sourceAddress: told.sourceAddress, singly: 0, summary: undefined };
    this.#kinds.set(keyOf(told), kind);
    return kind;
  }
}

function keyOf({ sourceAddress, action, outcome }: AuditEvent): string {
  return `${sourceAddress === null ? '' : ipKeyGenerator(sourceAddress)} ${action} ${outcome}`;
}
