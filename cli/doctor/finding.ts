/** What the doctor finds out about a registry from the point of view of a client. */

export interface Finding {
  readonly severity: 'ok' | 'warning' | 'problem';
  /** What was asked, and what that means for the client. */
  readonly what: string;
  /** What to do about it; absent where all is well. */
  readonly fix?: string;
}

export const ok = (what: string): Finding => ({ severity: 'ok', what });
export const warning = (what: string, fix: string): Finding => ({ severity: 'warning', what, fix });
export const problem = (what: string, fix: string): Finding => ({ severity: 'problem', what, fix });
