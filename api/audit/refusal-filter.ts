/** Keeps a flood of refusals from becoming a flood of events: what is too much is counted. */
import { randomUUID } from 'node:crypto';
import { ipKeyGenerator } from 'express-rate-limit';
import type { AuditEvent } from '../../registry/audit.ts';

/** In each window. A kind is an address (of IPv6 the network of one customer), an action and an outcome. */
export interface RefusalLimits {
  readonly windowMs: number;
  /** Refusals of one kind that are recorded one by one. */
  readonly singlyOfOneKind: number;
  /** Refusals of all kinds together that are. */
  readonly singly: number;
  /** Kinds that are told apart; those that are too many are counted together, without an address. */
  readonly kinds: number;
}

/** Whatever comes, an API process records no more than 600 refusals a minute. */
const DEFAULT_LIMITS: RefusalLimits = { windowMs: 60_000, singlyOfOneKind: 10, singly: 300, kinds: 300 };

interface Kind {
  /** Null for what is counted together. */
  readonly sourceAddress: string | null;
  singly: number;
  /** Made of the first refusal that was not recorded by itself, and counts those that followed. */
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

  /** Whether to record the refusal by itself. If not it is counted, and is part of what `ended` gives. */
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
   * Once a window has ended, or at the end of all: one event for each kind that was counted. `at` is the first refusal
   * that it stands for, `detail.until` the last; whatever else it says is that of the first.
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
