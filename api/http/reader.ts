/** Work that is done for a client only as long as it is connected. */
import type { Request, Response } from 'express';
import type { Reader } from '../../db/connection/consistent-read.ts';
import { addressOf } from './client-address.ts';

/**
 * Does the work for the client. The reader's signal is aborted when the client hangs up; the failure of the work that
 * follows from it is dropped, since there is no client left to answer.
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

/** How streams and signals say that the other side has closed. */
function isHangUp(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'AbortError' || ('code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE');
}
