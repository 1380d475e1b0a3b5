/** Sources of the kind `api`: another registry that serves the v0.1 API. */
import type { OutboundSettings } from '../../config/model.ts';
import { type AdmissionFault, secretFaults, urlFaults } from '../../outbound/admission.ts';
import { displayUrl } from '../../outbound/redaction.ts';
import type { SourceKind } from '../source-kind.ts';
import { type ApiOrigin, originOf, schema, type Written, written } from './definition.ts';

export const api: SourceKind<ApiOrigin, Written> = {
  key: 'api',
  name: 'api',
  schema,
  withoutFormat: 'an API',
  needsInterval: () => true,
  originOf,
  written,
  label: ({ endpoint }) => `registry ${displayUrl(endpoint)}`,
  upstream: ({ endpoint }) => URL.parse(endpoint),
  admissionFaults: apiFaults,
  fullSyncEveryMs: ({ fullSyncEveryMs }) => fullSyncEveryMs,
  isPaged: true,
  loadReader: async () => (await import('./fetch.ts')).reader,
};

function apiFaults({ endpoint, headers = {}, bearerToken }: ApiOrigin, settings: OutboundSettings): AdmissionFault[] {
  return [
    ...urlFaults(['api', 'endpoint'], endpoint, settings),
    ...Object.entries(headers).flatMap(([name, secret]) => secretFaults(['api', 'headers', name], secret, settings)),
    ...(bearerToken === undefined ? [] : secretFaults(['api', 'bearerTokenFile'], bearerToken, settings)),
  ];
}
