/** Turns refusals of an API server into errors that tell the operator what to do. */
import type { Dispatcher } from 'undici';
import { retryAfterMs } from '../outbound/exchange.ts';
import { RollcallError } from '../registry/failure.ts';
import { isJsonObject, textOf } from '../registry/json.ts';

/** The resource version, or the page of a list, is too old to continue from; a new list is needed. */
export class ResourceExpired extends RollcallError {
  constructor(what: string) {
    super('UpstreamUnavailable', `the API server no longer has the state of ${what} to continue from`);
  }
}

const LONGEST_QUOTE = 600;
const DEFAULT_WAIT_MS = 1_000;

/** The API server refuses an object: it is invalid (400, 422), or conflicts with the existing one (409). */
export class ObjectRefused extends RollcallError {
  readonly status: number;
  /** The explanation of the API server, which names the field. */
  readonly explanation: string;

  constructor(status: number, what: string, explanation: string) {
    super('UpstreamInvalid', `the API server refuses ${what} (${status}): ${explanation}`);
    this.status = status;
    this.explanation = explanation;
  }
}

/** The failure for an answer with an error status. */
export async function refusal(
  answer: Dispatcher.ResponseData,
  { server, what, action }: { readonly server: string; readonly what: string; readonly action: 'read' | 'change' },
): Promise<RollcallError> {
  const { statusCode: status } = answer;
  const said = await explanationIn(answer.body);
  if (status === 410) return new ResourceExpired(what);
  if (status === 401) {
    return new RollcallError('UpstreamDenied', `${server} does not accept the credentials (401): ${said}`);
  }
  if (status === 403 && action === 'change') {
    return new RollcallError('UpstreamDenied', `not allowed to create or change ${what}. The API server says: ${said}`);
  }
  // The API server answers 500 to a manifest with a field that its schema doesn't have.
  const isInvalid = [400, 409, 422].includes(status) || said.includes('field not declared in schema');
  if (action === 'change' && isInvalid) return new ObjectRefused(status, what, said);
  if (status === 403) {
    return new RollcallError(
      'UpstreamDenied',
      `not allowed to list or watch ${what}: grant it with a role as in deploy/kubernetes. The API server says: ${said}`,
    );
  }
  if (status === 404) return new RollcallError('UpstreamNotFound', `${server} doesn't have ${what}`);
  const waitMs = retryAfterMs(answer);
  if (status === 429 || (status === 503 && waitMs !== undefined)) {
    return new RollcallError('UpstreamRateLimited', `${server} asks to retry later (${status})`, {
      retryAfterMs: waitMs ?? DEFAULT_WAIT_MS,
    });
  }
  if (status >= 500) return new RollcallError('UpstreamUnavailable', `${server} answered ${status}: ${said}`);
  return new RollcallError('UpstreamInvalid', `${server} answered ${status} to a request for ${what}: ${said}`);
}

export function notReachable(server: string, error: unknown): RollcallError {
  if (error instanceof RollcallError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return new RollcallError('UpstreamUnavailable', `${server} could not be reached: ${message || code}`, {
    cause: error,
  });
}

/** The reason in the `Status` that an API server answers with. */
async function explanationIn(body: Dispatcher.ResponseData['body']): Promise<string> {
  const text = await body.text().catch(() => '');
  try {
    const status: unknown = JSON.parse(text);
    return ((isJsonObject(status) ? textOf(status['message']) : undefined) ?? text).slice(0, LONGEST_QUOTE);
  } catch {
    return text.trim().slice(0, LONGEST_QUOTE) || 'nothing';
  }
}
