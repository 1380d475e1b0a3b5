/** When this process is to stop: SIGINT, SIGTERM, or the end of the process that started us and holds a channel to us. */
export function untilToldToStop(): AbortSignal {
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  process.once('SIGINT', abort);
  process.once('SIGTERM', abort);
  process.once('disconnect', abort);
  return stop.signal;
}
