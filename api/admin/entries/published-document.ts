/** Checks the document of a server, skill, or plugin for publishing. */
import { structureFault } from '../../../registry/document/structure.ts';
import { type EntryKind, kindOfName, storedName } from '../../../registry/entry-kind.ts';
import { compactJson } from '../../../registry/document/json-text.ts';
import { isJsonObject } from '../../../registry/json.ts';
import { checkServerJson, type Fault, faultText } from '../../../registry/server-json/check.ts';
import { checkSkill } from '../../../registry/skills/check-skill.ts';
import { publishedText } from '../../../registry/skills/served-skill.ts';
import type { ApiContext } from '../../context.ts';
import { HttpError } from '../../http/error.ts';
import type { JsonBody } from '../../http/json-body.ts';

export interface PublishedDocument {
  /** The stored name (registry/entry-kind.ts). */
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
  kind: EntryKind,
  { bytes, value }: JsonBody,
): PublishedDocument {
  const text = bytes.toString();
  const faults = kind === 'server' ? checkServerJson(value, { ...limits, text }) : checkSkill(kind, value, text);
  if (faults.length > 0 || !isJsonObject(value)) throw invalidDocument(faults, kind);
  const { namespace, name, version } = value as { namespace: string; name: string; version: string };
  const document = compactJson(bytes);
  if (kind === 'server') return { name, version, document };
  // The document is stored without members that a registry adds when it serves an entry, such as a verified signature.
  return { name: storedName(kind, `${namespace}/${name}`), version, document: publishedText(document, value) };
}

/** @throws HttpError 422 for a document of another name or version than the request. */
export function refuseOtherVersion(
  { name, version }: PublishedDocument,
  named: { readonly name: string; readonly version: string },
): void {
  const faults: Fault[] = [];
  if (name !== named.name) faults.push({ path: 'name', message: 'is not the name in the request' });
  if (version !== named.version) faults.push({ path: 'version', message: 'is not the version in the request' });
  if (faults.length > 0) throw invalidDocument(faults, kindOfName(named.name));
}

function invalidDocument(faults: readonly Fault[], kind: EntryKind = 'server'): HttpError {
  const rules = kind === 'server' ? 'server.json' : `${kind}s`;
  return new HttpError(422, `The document breaks the rules for ${rules}: ${faults.map(faultText).join('; ')}`, {
    faults,
  });
}
