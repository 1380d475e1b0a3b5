/** The custom resource definitions: one schema for both groups and all versions. `deploy/operator/crds.yaml` is made from it. */
import { OWN_GROUP, PLURALS, RESOURCE_KIND, RESOURCE_VERSION, type ResourceGroup, TOOLHIVE_GROUP } from './resource.ts';

type Schema = Readonly<Record<string, unknown>>;

/** Lists have limits so that the API server can bound the cost of the rules. */
const MAX_SOURCES = 100;

const anything: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const text = (description?: string): Schema => ({ type: 'string', ...(description !== undefined && { description }) });
const nonEmpty = (description?: string): Schema => ({ ...text(description), minLength: 1 });
const texts: Schema = { type: 'array', items: text(), 'x-kubernetes-list-type': 'atomic' };
const object = (properties: Schema, required: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
});
const atomicList = (items: Schema): Schema => ({ type: 'array', items, 'x-kubernetes-list-type': 'atomic' });
const namedList = (items: Schema, extra: Schema = {}): Schema => ({
  type: 'array',
  items,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['name'],
  ...extra,
});
const duration = (description: string): Schema => ({
  ...text(description),
  pattern: String.raw`^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`,
});
const keyOf = (what: string): Schema =>
  object({ name: nonEmpty(`Name of the ${what}`), key: text(), optional: { type: 'boolean' } }, ['name']);
const requiredKeyOf = (what: string): Schema =>
  object({ name: nonEmpty(`Name of the ${what}`), key: nonEmpty(), optional: { type: 'boolean' } }, ['name', 'key']);

const sourceKinds = {
  git: object(
    {
      repository: { ...nonEmpty('HTTP(S) or SSH URL'), pattern: '^(file:///|https?://|git@|ssh://|git://).*' },
      branch: nonEmpty(),
      tag: nonEmpty('Takes precedence over branch'),
      commit: nonEmpty('Takes precedence over tag and branch'),
      path: nonEmpty('Path of the registry document. Default registry.json'),
      auth: object({ username: nonEmpty(), passwordSecretRef: requiredKeyOf('Secret') }, [
        'username',
        'passwordSecretRef',
      ]),
    },
    ['repository'],
  ),
  configMapRef: keyOf('ConfigMap with the registry document'),
  pvcRef: object({ claimName: nonEmpty(), path: nonEmpty('Default registry.json') }, ['claimName']),
  api: object({ endpoint: { ...nonEmpty('URL of the registry'), pattern: '^https?://.*' } }, ['endpoint']),
  url: object({ endpoint: { ...nonEmpty('URL of the registry document'), pattern: '^https?://.*' }, timeout: text() }, [
    'endpoint',
  ]),
  managed: anything,
  kubernetes: anything,
};

const HAS_KINDS = Object.keys(sourceKinds).map((kind) => `has(self.${kind})`);
const ONE_KIND = `[${HAS_KINDS.join(', ')}].filter(x, x).size() == 1`;

const sourceMembers = {
  name: nonEmpty(),
  format: { type: 'string', enum: ['toolhive', 'upstream'], description: 'Default: detected from the content' },
  ...sourceKinds,
  syncPolicy: object({ interval: duration('Such as 30m or 1h') }, ['interval']),
  filter: object({
    names: object({ include: texts, exclude: texts }),
    tags: object({ include: texts, exclude: texts }),
  }),
  claims: anything,
};

const spec: Schema = {
  ...object({
    displayName: text(),
    configYAML: nonEmpty('A whole configuration file'),
    volumes: atomicList(anything),
    volumeMounts: atomicList(anything),
    pgpassSecretRef: requiredKeyOf('Secret with the PostgreSQL password file'),
    registries: namedList(
      {
        ...object({ ...sourceMembers, sources: atomicList(text()), access: text() }, ['name']),
        'x-kubernetes-validations': [
          {
            rule: `has(self.sources) ? !(${HAS_KINDS.join(' || ')}) : ${ONE_KIND}`,
            message: `a registry needs exactly one of ${Object.keys(sourceKinds).join(', ')}, or names its sources`,
          },
        ],
      },
      { minItems: 1, maxItems: MAX_SOURCES },
    ),
    sources: namedList(
      {
        ...object(sourceMembers, ['name']),
        'x-kubernetes-validations': [
          { rule: ONE_KIND, message: `a source needs exactly one of ${Object.keys(sourceKinds).join(', ')}` },
        ],
      },
      { minItems: 1, maxItems: MAX_SOURCES },
    ),
    enforceServers: { type: 'boolean', description: 'Has no effect' },
    podTemplateSpec: anything,
    databaseConfig: object({
      host: text('Default postgres'),
      port: { type: 'integer', format: 'int32', minimum: 1, maximum: 65_535 },
      user: text('Default db_app'),
      migrationUser: text('Default db_migrator'),
      database: text('Default registry'),
      sslMode: { type: 'string', enum: ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] },
      maxOpenConns: { type: 'integer', format: 'int32', minimum: 1 },
      maxIdleConns: { type: 'integer', format: 'int32', minimum: 0 },
      connMaxLifetime: duration('Default 30m'),
      maxMetaSize: { type: 'integer', format: 'int32', minimum: 1 },
      dynamicAuth: anything,
      dbAppUserPasswordSecretRef: requiredKeyOf('Secret with the password of user'),
      dbMigrationUserPasswordSecretRef: requiredKeyOf('Secret with the password of migrationUser'),
    }),
    auth: anything,
    authConfig: anything,
    telemetryConfig: anything,
    imagePullSecrets: atomicList(object({ name: text() })),
  }),
  'x-kubernetes-validations': [
    {
      rule: 'has(self.configYAML) ? !has(self.registries) && !has(self.sources) : has(self.registries) || has(self.sources)',
      message: 'set either configYAML, or registries, or sources with registries that name them',
    },
    {
      rule: '!has(self.registries) || self.registries.all(r, has(r.sources) == has(self.sources))',
      message: 'with sources, each registry names its sources; without, each registry defines one',
    },
  ],
};

const time: Schema = { type: 'string', format: 'date-time' };
const count: Schema = { type: 'integer', format: 'int32' };

const status: Schema = object({
  phase: { type: 'string', enum: ['Pending', 'Ready', 'Failed', 'Syncing', 'Terminating'] },
  message: text(),
  observedGeneration: { type: 'integer', format: 'int64' },
  url: text(),
  readyReplicas: count,
  apiStatus: object({ phase: text(), message: text(), endpoint: text(), readySince: time }),
  syncStatus: object({
    phase: text(),
    message: text(),
    lastAttempt: time,
    attemptCount: count,
    lastSyncTime: time,
    serverCount: count,
  }),
  sources: namedList(
    object(
      {
        name: text(),
        phase: text(),
        lastAttempt: time,
        lastSyncTime: time,
        serverCount: count,
        revision: text(),
        lastError: text(),
      },
      ['name'],
    ),
  ),
  lastManualSyncTrigger: text(),
  conditions: {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
    items: object(
      {
        type: text(),
        status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
        reason: text(),
        message: text(),
        lastTransitionTime: time,
        observedGeneration: { type: 'integer', format: 'int64' },
      },
      ['type', 'status', 'reason', 'message', 'lastTransitionTime'],
    ),
  },
});

const column = (name: string, jsonPath: string, type = 'string'): Schema => ({ name, jsonPath, type });
/** Columns that the guide shows come first; `--output wide` shows the others. */
const columns: readonly Schema[] = [
  column('Phase', '.status.phase'),
  column('Sync', '.status.syncStatus.phase'),
  column('API', '.status.apiStatus.phase'),
  column('Servers', '.status.syncStatus.serverCount', 'integer'),
  column('Last Sync', '.status.syncStatus.lastSyncTime', 'date'),
  column('Age', '.metadata.creationTimestamp', 'date'),
  column('Message', '.status.message'),
  { ...column('Ready', '.status.conditions[?(@.type=="Ready")].status'), priority: 1 },
  { ...column('Replicas', '.status.readyReplicas', 'integer'), priority: 1 },
  { ...column('URL', '.status.url'), priority: 1 },
];

function version(name: string): Schema {
  return {
    name,
    served: true,
    storage: name === RESOURCE_VERSION,
    subresources: { status: {} },
    additionalPrinterColumns: columns,
    schema: {
      openAPIV3Schema: {
        ...object({ apiVersion: text(), kind: text(), metadata: { type: 'object' }, spec, status }, ['spec']),
        description: 'A registry of MCP servers, with its API',
      },
    },
  };
}

interface Naming {
  readonly group: ResourceGroup;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly versions: readonly string[];
}

const NAMINGS: readonly Naming[] = [
  {
    group: TOOLHIVE_GROUP,
    singular: 'mcpregistry',
    shortNames: ['mcpreg', 'registry'],
    categories: ['toolhive'],
    versions: ['v1alpha1', 'v1beta1'],
  },
  {
    group: OWN_GROUP,
    singular: 'rollcallregistry',
    shortNames: ['rcreg'],
    categories: ['rollcall'],
    versions: ['v1beta1'],
  },
];

/** The definitions, to be applied to a cluster. */
export function resourceDefinitions(): object[] {
  return NAMINGS.map(({ group, singular, shortNames, categories, versions }) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${PLURALS[group]}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: {
        plural: PLURALS[group],
        singular,
        kind: RESOURCE_KIND,
        listKind: `${RESOURCE_KIND}List`,
        shortNames,
        categories,
      },
      versions: versions.map(version),
    },
  }));
}
