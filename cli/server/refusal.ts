/** What a server says when it refuses. */
import { isJsonObject, parseJson } from '../../registry/json.ts';

/** The text of an answer's message, where it is one of ours. A proxy's answer is anything. */
export function refusalText(status: number, body: string): string {
  return refusalMessage(parseJson(body)) ?? `the server answered ${status}: ${body.slice(0, 500)}`;
}

/** REST errors are `{"error": "…"}`, those of the admin API `{"error": {"message": "…"}}`. */
export function refusalMessage(document: unknown): string | undefined {
  if (!isJsonObject(document)) return undefined;
  const { error } = document;
  const message = isJsonObject(error) ? error['message'] : error;
  return typeof message === 'string' ? message : undefined;
}
