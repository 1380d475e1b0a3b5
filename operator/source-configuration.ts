/** Translates the sources of a resource, in the `registries` and `sources` shapes, to those of a configuration file. */
import { defined, isJsonObject, type JsonObject, memberOf, textOf } from '../registry/json.ts';
import { type PodParts, volumeName } from './pod-parts.ts';
import { invalidField, required } from './spec-fault.ts';

/** Sources without `syncPolicy` that can't be watched are checked once a day, and on demand. */
const WITHOUT_POLICY_INTERVAL = '24h';

const KINDS = ['git', 'configMapRef', 'pvcRef', 'api', 'url', 'managed', 'kubernetes'] as const;
type Kind = (typeof KINDS)[number];

export interface TranslatedSource {
  /** The source with its name, in the form of a configuration file. */
  readonly source: JsonObject & { readonly name: string };
  readonly notes: readonly string[];
}

/** @param field the path of the source in the resource, such as `spec.registries[0]` */
export function translateSource(written: JsonObject, field: string, parts: PodParts): TranslatedSource {
  const name = textOf(written['name']);
  if (name === undefined) throw invalidField(`${field}.name`, 'is missing: give each source a name');
  const chosen = KINDS.filter((kind) => written[kind] !== undefined);
  const [kind] = chosen;
  if (kind === undefined || chosen.length > 1) {
    throw invalidField(field, `needs exactly one of ${KINDS.join(', ')}, but has ${chosen.join(' and ') || 'none'}`);
  }
  const notes: string[] = [];
  const settings = memberOf(written, kind);
  const at = `${field}.${kind}`;
  const members = TRANSLATIONS[kind]({ settings, name, at, parts, notes });
  return {
    source: {
      name,
      ...members,
      ...defined({
        // Sources of the kinds api and kubernetes have only one format.
        format: kind === 'api' || kind === 'kubernetes' ? undefined : textOf(written['format']),
        filter: kind === 'managed' ? undefined : written['filter'],
        syncPolicy: policyOf(kind, written),
        claims: written['claims'],
      }),
    },
    notes,
  };
}

function policyOf(kind: Kind, written: JsonObject): unknown {
  if (kind === 'managed') return undefined;
  if (written['syncPolicy'] !== undefined) return written['syncPolicy'];
  return kind === 'git' || kind === 'api' || kind === 'url' ? { interval: WITHOUT_POLICY_INTERVAL } : undefined;
}

interface Translation {
  readonly settings: JsonObject;
  readonly name: string;
  readonly at: string;
  readonly parts: PodParts;
  readonly notes: string[];
}

const TRANSLATIONS: Readonly<Record<Kind, (translation: Translation) => JsonObject>> = {
  git: translateGit,
  configMapRef: ({ settings, at, parts }) => {
    const name = required(settings, 'name', at);
    const key = textOf(settings['key']) ?? 'registry.json';
    // The registry itself reads and watches the ConfigMap, without a mount.
    parts.refer({ kind: 'ConfigMap', name, key, field: at, restarts: false });
    return { configMap: { name, key } };
  },
  pvcRef: ({ settings, name, at, parts }) => {
    const claimName = required(settings, 'claimName', at);
    const path = textOf(settings['path']) ?? 'registry.json';
    const mountPath = `/config/registry/${name}`;
    parts.refer({ kind: 'PersistentVolumeClaim', name: claimName, field: at, restarts: false });
    parts.mount(
      { name: volumeName('registry-data-source', name), persistentVolumeClaim: { claimName, readOnly: true } },
      { mountPath, readOnly: true },
    );
    return { file: { path: `${mountPath}/${path}` } };
  },
  api: ({ settings, at }) => ({ api: { endpoint: required(settings, 'endpoint', at) } }),
  url: ({ settings, at }) => ({
    file: { url: required(settings, 'endpoint', at), ...defined({ timeout: settings['timeout'] }) },
  }),
  managed: () => ({ managed: {} }),
  kubernetes: ({ settings }) => ({ kubernetes: { ...defined({ namespaces: settings['namespaces'] }) } }),
};

function translateGit({ settings, at, parts, notes }: Translation): JsonObject {
  const references = ['commit', 'tag', 'branch'].filter((key) => textOf(settings[key]) !== undefined);
  const [chosen] = references;
  if (references.length > 1) {
    notes.push(`${at}: \`${references.join('` and `')}\` are set; the ${chosen} is used`);
  }
  const repository = required(settings, 'repository', at);
  return {
    git: {
      // Rollcall expects the path of a local repository without `file://`.
      repository: repository.replace(/^file:\/\//, ''),
      ...(chosen !== undefined && { [chosen]: settings[chosen] }),
      ...defined({ path: settings['path'], auth: gitCredentials(settings['auth'], `${at}.auth`, parts) }),
    },
  };
}

function gitCredentials(auth: unknown, at: string, parts: PodParts): JsonObject | undefined {
  if (!isJsonObject(auth)) return undefined;
  const secret = memberOf(auth, 'passwordSecretRef');
  const field = `${at}.passwordSecretRef`;
  return {
    username: required(auth, 'username', at),
    passwordFile: parts.secretFile({
      name: required(secret, 'name', field),
      key: required(secret, 'key', field),
      field,
    }),
  };
}
