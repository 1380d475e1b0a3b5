/** Time without an event after which a burst has ended. */
const QUIET_MS = 250;
/** The longest delay of the first event. */
const LONGEST_MS = 1_500;

/** Combines a burst of events into one: a rollout changes many objects one after another. */
export interface Settling {
  /** Reports an event. */
  note(): void;
  /** Resolves when events have occurred and then stopped for a while. */
  readonly settled: Promise<void>;
}

export function settling(): Settling {
  const { promise: settled, resolve } = Promise.withResolvers<void>();
  let deadline: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  return {
    settled,
    note: () => {
      deadline ??= Date.now() + LONGEST_MS;
      clearTimeout(timer);
      timer = setTimeout(resolve, Math.max(0, Math.min(QUIET_MS, deadline - Date.now())));
    },
  };
}
