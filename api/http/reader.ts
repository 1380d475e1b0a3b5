/** Work for a client that stops when the client disconnects. */
import type { Request, Response } from 'express';
import type { Reader } from '../../db/connection/consistent-read.ts';
import { addressOf } from './request.ts';

/**
 * Does the work for the client. When the client disconnects, the reader's signal aborts, and the failure that follows is
 * dropped, because no client is left to answer.
 *
 * @throws what the work throws for any other reason.
 */
export async function whileConnected(
  request: Request,
  response: Response,
  work: (reader: Reader) => Promise<void>,
): Promise<void> {
  const gone = new AbortController();
  const hangUp = (): void => gone.abort();
  response.once('close', hangUp);
  if (response.destroyed) hangUp();
  try {
    await work({ key: addressOf(request), signal: gone.signal });
  } catch (error) {
    if (!gone.signal.aborted || !isHangUp(error)) throw error;
  } finally {
    gone.abort();
    response.off('close', hangUp);
  }
}

/** Error codes of streams and signals after the other side has closed. */
function isHangUp(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'AbortError' || ('code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE');
}
