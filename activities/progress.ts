/** Heartbeats: Temporal notices a lost worker, cancellations arrive, and the Web UI shows the progress of a fetch. */
import { Context } from '@temporalio/activity';

const HEARTBEAT_INTERVAL_MS = 4_000;

/** How far a fetch got. An attempt after a lost worker continues with the counts. */
export interface ProgressDetails {
  readonly entries?: number;
  /** All entries of the pages whose rejections and warnings are counted, for a paged fetch. */
  readonly found?: number;
  readonly rejected?: number;
  readonly warnings?: number;
  readonly bytes?: number;
  /** The current step, as text. */
  readonly step?: string;
}

export interface Progress {
  /** Reports these values; values that are not given stay as last reported. */
  report(details: ProgressDetails): void;
}

/** Runs something long and sends a heartbeat every few seconds, with or without progress. */
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
