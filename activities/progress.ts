/** Heartbeats: they let a lost worker be noticed, bring cancellations, and show in the Web UI how far a fetch is. */
import { Context } from '@temporalio/activity';

const HEARTBEAT_INTERVAL_MS = 4_000;

/** How far a fetch got; what an attempt after a lost worker goes on from, as well. */
export interface ProgressDetails {
  readonly entries?: number;
  readonly rejected?: number;
  readonly warnings?: number;
  readonly bytes?: number;
  readonly cursor?: string;
  /** What is being done, in words. */
  readonly step?: string;
}

export interface Progress {
  /** Sends what is known by now; what is not given stays as it was reported before. */
  report(details: ProgressDetails): void;
}

/** Does something long, with a heartbeat every few seconds whether or not it makes progress. */
export async function withProgress<Result>(work: (progress: Progress) => Promise<Result>): Promise<Result> {
  const context = Context.current();
  let details: ProgressDetails = {};
  const timer = setInterval(() => context.heartbeat(details), HEARTBEAT_INTERVAL_MS);
  try {
    return await work({
      report: (news) => {
        details = { ...details, ...news };
        context.heartbeat(details);
      },
    });
  } finally {
    clearInterval(timer);
  }
}
