/** A finding about a registry from the point of view of a client. */

export interface Finding {
  readonly severity: 'ok' | 'warning' | 'problem';
  /** The request, and the meaning of its result for the client. */
  readonly what: string;
  /** The remedy; absent if nothing is wrong. */
  readonly fix?: string;
}

export const ok = (what: string): Finding => ({ severity: 'ok', what });
export const warning = (what: string, fix: string): Finding => ({ severity: 'warning', what, fix });
export const problem = (what: string, fix: string): Finding => ({ severity: 'problem', what, fix });
