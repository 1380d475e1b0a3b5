/** Sources of the kind `file`: one registry document, from a path, a URL, or the definition itself. */
import type { OutboundSettings } from '../../config/model.ts';
import { type AdmissionFault, urlFaults } from '../../outbound/admission.ts';
import { displayUrl } from '../../outbound/redaction.ts';
import { isJsonObject } from '../../registry/json.ts';
import type { SourceKind } from '../source-kind.ts';
import { type FileOrigin, originOf, schema, type Written, written } from './definition.ts';

/** A path can change without an event, for example on a network volume, so it is also checked once a minute. */
const WATCHED_FILE_INTERVAL_MS = 60_000;

export const file: SourceKind<FileOrigin, Written> = {
  key: 'file',
  name: 'file',
  schema,
  needsInterval: (member) => isJsonObject(member) && member['url'] !== undefined,
  defaultIntervalMs: ({ location }) => ('path' in location ? WATCHED_FILE_INTERVAL_MS : null),
  originOf,
  written,
  label: ({ location }) => {
    if ('path' in location) return `file ${location.path}`;
    return 'url' in location ? `file ${displayUrl(location.url)}` : 'data in the configuration';
  },
  upstream: ({ location }) => ('url' in location ? URL.parse(location.url) : null),
  admissionFaults: fileFaults,
  isWatched: ({ location }) => 'path' in location,
  isInline: ({ location }) => 'data' in location,
  loadReader: async () => (await import('./fetch.ts')).reader,
};

function fileFaults({ location }: FileOrigin, settings: OutboundSettings): AdmissionFault[] {
  if ('url' in location) return urlFaults(['file', 'url'], location.url, settings);
  if ('data' in location) return [];
  return [{ path: ['file', 'path'], message: 'is a file of the server: use `url` or `data`' }];
}
