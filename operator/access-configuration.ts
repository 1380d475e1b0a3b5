/** Translates `auth` and `authConfig` of a resource to the section `auth` of a configuration file. */
import { isJsonObject, jsonEquals, type JsonObject, memberOf, objectsOf, textOf } from '../registry/json.ts';
import type { PodParts } from './pod-parts.ts';
import { invalidField, required } from './spec-fault.ts';

/** Documentation and examples say `auth`, the first definition of the resource said `authConfig`: both are accepted. */
export function translateAccess(spec: JsonObject, parts: PodParts): JsonObject {
  const { auth, authConfig } = spec;
  if (auth !== undefined && authConfig !== undefined && !jsonEquals(auth, authConfig)) {
    throw invalidField('spec.auth', 'and spec.authConfig differ: remove one of them');
  }
  const field = auth === undefined ? 'spec.authConfig' : 'spec.auth';
  const written = auth ?? authConfig ?? {};
  if (!isJsonObject(written)) throw invalidField(field, 'must be an object');
  const { mode = written['oauth'] === undefined ? 'anonymous' : 'oauth', oauth, ...others } = written;
  if (mode !== 'oauth') return { mode };
  const settings = memberOf({ oauth }, 'oauth');
  const providers = objectsOf(settings['providers']).map((provider, index) =>
    translateProvider(provider, `${field}.oauth.providers[${index}]`, parts),
  );
  return { mode, ...others, oauth: { ...settings, providers } };
}

/** References to Secrets and ConfigMaps become paths of mounted files; a path in the resource takes precedence. */
function translateProvider(written: JsonObject, field: string, parts: PodParts): JsonObject {
  const { clientSecretRef, caCertRef, authTokenRef, ...provider } = written;
  const secretFile = (reference: unknown, key: string, defaultKey: string): JsonObject => {
    if (!isJsonObject(reference)) return {};
    const at = `${field}.${key.replace(/File$/, 'Ref')}`;
    const secret = { name: required(reference, 'name', at), key: textOf(reference['key']) ?? defaultKey, field: at };
    return { [key]: parts.secretFile(secret) };
  };
  const certificates = (reference: unknown): JsonObject => {
    if (!isJsonObject(reference)) return {};
    const at = `${field}.caCertRef`;
    const configMap = { name: required(reference, 'name', at), key: textOf(reference['key']) ?? 'ca.crt', field: at };
    return { caCertPath: parts.certificateFile(configMap) };
  };
  return {
    ...(provider['clientSecretFile'] === undefined && secretFile(clientSecretRef, 'clientSecretFile', 'clientSecret')),
    ...(provider['caCertPath'] === undefined && certificates(caCertRef)),
    ...(provider['authTokenFile'] === undefined && secretFile(authTokenRef, 'authTokenFile', 'token')),
    ...provider,
  };
}
