/** Checks a server.json for publishing. */
import { structureFault } from '../../registry/document-structure.ts';
import { compactJson } from '../../registry/json-elements.ts';
import { isJsonObject } from '../../registry/json.ts';
import { checkServerJson, type Fault, faultText } from '../../registry/server-json.ts';
import type { ApiContext } from '../context.ts';
import { HttpError } from '../http/error.ts';
import type { JsonBody } from '../http/json-body.ts';

export interface PublishedDocument {
  readonly name: string;
  readonly version: string;
  /** The document as it was sent, without insignificant white space. */
  readonly document: string;
}

/**
 * The bytes of a document that was sent as a part of something else.
 *
 * @throws HttpError 422 for a document that is nested too deeply
 */
export function bytesOfDocument(document: object): Buffer {
  const fault = structureFault(document);
  if (fault !== null) throw invalidDocument([fault]);
  return Buffer.from(JSON.stringify(document));
}

/** @throws HttpError 422 with the list of faults for a document that breaks the rules. */
export function publishedDocument(
  { limits }: Pick<ApiContext, 'limits'>,
  { bytes, value }: JsonBody,
): PublishedDocument {
  const faults = checkServerJson(value, { ...limits, text: bytes.toString() });
  if (faults.length > 0 || !isJsonObject(value)) throw invalidDocument(faults);
  const { name, version } = value as { name: string; version: string };
  return { name, version, document: compactJson(bytes) };
}

/** @throws HttpError 422 for a document of another name or version than the request. */
export function refuseOtherVersion(
  { name, version }: PublishedDocument,
  named: { readonly name: string; readonly version: string },
): void {
  const faults: Fault[] = [];
  if (name !== named.name) faults.push({ path: 'name', message: 'is not the name in the request' });
  if (version !== named.version) faults.push({ path: 'version', message: 'is not the version in the request' });
  if (faults.length > 0) throw invalidDocument(faults);
}

function invalidDocument(faults: readonly Fault[]): HttpError {
  return new HttpError(422, `The document breaks the rules for server.json: ${faults.map(faultText).join('; ')}`, {
    faults,
  });
}
