/** One source of the configuration file, as it is written. */

import { z } from 'zod';

import { KUBERNETES_RESOURCES } from '../registry/source-definition.ts';
import { matchesSlowly } from '../registry/filter.ts';
import { isJsonObject, type JsonObject } from '../registry/json.ts';
import { badPathPattern } from '../registry/path-glob.ts';
import { repositoryPath } from '../registry/repository-path.ts';
import { mapping, withRule } from './mapping.ts';
import type { Report } from './mapping.ts';
import { repositoryTransport, repositoryUrl } from '../sources/git/repository-url.ts';
import { duration, filePath, httpUrl, nonEmpty, serverNamePattern, share, text } from './scalars.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Patterns, tags, namespaces or headers of one list. */
const MAX_ITEMS = 200;
const TOO_MANY = `has too many items: the most is ${MAX_ITEMS}`;
/** An inline document travels in the definition of its source, and Temporal takes no message above 2 MiB. */
const MAX_DATA_LENGTH = 1_000_000;

/** Starts with a hyphen: git would read it as an option. */
const reference = nonEmpty(255).regex(/^(?!-)[^\s~^:?*[\\]+$/, 'is not the name of a git reference');

const gitAuth = withRule(
  mapping({
    username: text.exactOptional().describe('User name for HTTP(S)'),
    passwordFile: filePath.exactOptional().describe('File that holds the password or access token'),
    sshKeyFile: filePath.exactOptional().describe('File that holds the private key for SSH'),
    knownHostsFile: filePath.exactOptional().describe('File that holds the host keys accepted over SSH'),
  }),
  (auth, report) => {
    const { username, passwordFile, sshKeyFile, knownHostsFile } = auth;
    const byPassword = username !== undefined || passwordFile !== undefined;
    if (byPassword === (sshKeyFile !== undefined)) {
      report([], 'expected either `username` with `passwordFile` (HTTP) or `sshKeyFile` (SSH)');
    }
    if (byPassword && username === undefined) report(['username'], 'is missing: `passwordFile` needs it');
    if (byPassword && passwordFile === undefined) report(['passwordFile'], 'is missing: `username` needs it');
    if (knownHostsFile !== undefined && sshKeyFile === undefined) report(['knownHostsFile'], 'needs `sshKeyFile`');
  },
);

const gitSource = withRule(
  mapping({
    repository: repositoryUrl.describe('HTTP(S) or SSH URL, or the path of a local repository'),
    branch: reference.exactOptional().describe('Default: the default branch of the repository'),
    tag: reference.exactOptional().describe('Comes before `branch`'),
    commit: z
      .string({
        error: ({ input }) => (input === undefined ? undefined : 'expected 40 or 64 hexadecimal digits, in quotes'),
      })
      .regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i, 'expected all 40 or 64 hexadecimal digits of the commit')
      .exactOptional()
      .describe('Comes before `tag` and `branch`'),
    path: text
      .regex(/^(?![/-])(?!(?:.*\/)?\.\.(?:\/|$))/, { error: 'expected a path inside the repository', abort: true })
      .refine(
        (path) => repositoryPath(path) !== null,
        'expected the path of a file inside the repository, with `/` between folders',
      )
      .superRefine((path, context) => {
        const reason = badPathPattern(path);
        if (reason !== null) context.addIssue(reason);
      })
      .overwrite((path) => repositoryPath(path) ?? path)
      .default('registry.json')
      .describe('A file, or a glob of files, inside the repository'),
    auth: gitAuth.exactOptional(),
  }),
  ({ repository, auth }, report) => {
    if (typeof repository !== 'string' || !isJsonObject(auth)) return;
    const transport = repositoryTransport(repository);
    if (transport !== 'ssh' && auth['sshKeyFile'] !== undefined) {
      report(['auth', 'sshKeyFile'], 'works over SSH only, and the repository is not an SSH URL');
    }
    if (transport !== 'http' && auth['passwordFile'] !== undefined) {
      report(['auth', 'passwordFile'], 'works over HTTP only, and the repository is not an HTTP URL');
    }
  },
);

const secretReference = withRule(
  mapping({
    file: filePath.exactOptional().describe('File that holds the value'),
    env: text.exactOptional().describe('Environment variable that holds the value'),
  }),
  ({ file, env }, report) => {
    if ((file === undefined) === (env === undefined)) report([], 'expected either `file` or `env`');
  },
);

const apiSource = withRule(
  mapping({
    endpoint: httpUrl('use `bearerTokenFile` or `headers`').describe(
      'URL of a registry, with or without /v0.1/servers at its end',
    ),
    timeout: duration({ atLeastMs: 1, atMostMs: 5 * MINUTE })
      .default(10_000)
      .describe('Time that one request may take. Default 10s'),
    headers: z
      .record(nonEmpty(255).regex(/^[!#$%&'*+.^_`|~\w-]+$/, 'is not the name of an HTTP header'), secretReference)
      .refine((headers) => Object.keys(headers).length <= MAX_ITEMS, TOO_MANY)
      .exactOptional()
      .describe('Headers to send, each read from a file or an environment variable'),
    bearerTokenFile: filePath.exactOptional().describe('File that holds a bearer token'),
    fullSyncEvery: duration({ atLeastMs: 1000 })
      .default(24 * HOUR)
      .describe('Time between two full syncs; in between only what changed is asked for. Default 24h'),
  }),
  ({ headers, bearerTokenFile }, report) => {
    if (bearerTokenFile === undefined || !isJsonObject(headers)) return;
    for (const name of Object.keys(headers)) {
      if (name.toLowerCase() === 'authorization') report(['headers', name], 'is what `bearerTokenFile` sets already');
    }
  },
);

const fileSource = withRule(
  mapping({
    path: filePath.exactOptional().describe('Path of the registry file, which is watched'),
    url: httpUrl('a file source has no way to send them').exactOptional().describe('URL of the registry file'),
    timeout: duration({ atLeastMs: 1, atMostMs: 5 * MINUTE })
      .exactOptional()
      .describe('Time that a request to `url` may take. Default 30s'),
    data: nonEmpty(MAX_DATA_LENGTH).exactOptional().describe('The registry document itself'),
  }),
  ({ path, url, data, timeout }, report) => {
    const given = [path, url, data].filter((location) => location !== undefined).length;
    if (given !== 1) report([], 'expected exactly one of `path`, `url` and `data`');
    if (timeout !== undefined && url === undefined) report(['timeout'], 'belongs to `url`');
  },
);

const clusterAccess = {
  kubeconfig: filePath.exactOptional().describe('Default: as kubectl finds it; in a pod its service account'),
  context: text.exactOptional().describe('Default: the current context of the kubeconfig'),
};

const kubernetesName = text.regex(
  /^[a-z0-9](?:[-.a-z0-9]{0,251}[a-z0-9])?$/,
  'expected a Kubernetes name: lower case letters, digits, hyphens and dots',
);

const kubernetesSource = mapping({
  namespaces: z
    .array(kubernetesName)
    .min(1, 'is empty: leave it out for all namespaces')
    .max(MAX_ITEMS, TOO_MANY)
    .exactOptional()
    .describe('Default: all namespaces'),
  labelSelector: text.exactOptional().describe('As `kubectl --selector` takes it, such as `team=search`'),
  resources: z
    .array(z.enum(KUBERNETES_RESOURCES))
    .min(1, 'is empty: leave it out for all of them')
    .max(MAX_ITEMS, TOO_MANY)
    .default([...KUBERNETES_RESOURCES])
    .describe('Custom resources that describe servers. Default: all that are known'),
  ...clusterAccess,
});

const configMapSource = mapping({
  name: kubernetesName.describe('Name of the ConfigMap'),
  namespace: kubernetesName
    .exactOptional()
    .describe('Default: the namespace of the context; in a pod the namespace of the pod'),
  key: text.default('registry.json').describe('Key of the registry document. Default `registry.json`'),
  ...clusterAccess,
});

const namePatterns = z
  .array(serverNamePattern)
  .max(MAX_ITEMS, TOO_MANY)
  .refine((patterns) => !matchesSlowly(patterns), 'has patterns whose braces stand for too many names together');
const tags = z.array(text).max(MAX_ITEMS, TOO_MANY);

export const filter = mapping({
  names: mapping({ include: namePatterns.exactOptional(), exclude: namePatterns.exactOptional() })
    .exactOptional()
    .describe('Globs over whole server names; `*` crosses `/`; an exclusion wins'),
  tags: mapping({ include: tags.exactOptional(), exclude: tags.exactOptional() })
    .exactOptional()
    .describe('Exact tags; an exclusion wins'),
});

export const syncPolicy = mapping({
  interval: duration({ atLeastMs: 1000 }).exactOptional().describe('Time from one cycle to the next, such as 30m'),
  maxRemoval: share.default(0.5).describe('Share of the entries that one sync may remove, 0 to 1 or `50%`'),
  deadline: duration({ atLeastMs: 1000, atMostMs: 6 * HOUR })
    .default(15 * MINUTE)
    .describe('Time that one fetch may take, 6h at most. Default 15m'),
});

/** What every generation says about a source in the same words. */
export const sourceKinds = {
  git: gitSource.exactOptional(),
  api: apiSource.exactOptional(),
  file: fileSource.exactOptional(),
  managed: mapping({}).nullable().exactOptional().describe('Servers that are published to this source'),
  kubernetes: kubernetesSource.nullable().exactOptional().describe('Servers that run in a Kubernetes cluster'),
  configMap: configMapSource.exactOptional().describe('Registry document in a Kubernetes ConfigMap, which is watched'),
};
export const sourceOptions = {
  format: z.enum(['upstream', 'toolhive']).exactOptional().describe('Default: found by the content'),
  filter: filter.exactOptional(),
  syncPolicy: syncPolicy.prefault({}),
};

const SOURCE_KIND_KEYS = ['git', 'api', 'file', 'managed', 'kubernetes', 'configMap'] as const;
const REFUSED_KIND_KEYS = ['configMapRef', 'pvcRef'] as const;

/** Kinds that are not documents, and how each is called where it has no format to choose. */
const WITHOUT_FORMAT: Readonly<Record<string, string>> = {
  api: 'an API',
  managed: 'a managed source',
  kubernetes: 'a cluster',
};

const sourceOrigins = mapping({ ...sourceKinds, ...sourceOptions });
export type WrittenSource = z.output<typeof sourceOrigins>;

/** The rules over the members of one source that hold in every generation. */
export function checkSource(source: JsonObject, report: Report): void {
  const kinds = SOURCE_KIND_KEYS.filter((kind) => source[kind] !== undefined);
  const hasRefusedKind = REFUSED_KIND_KEYS.some((kind) => source[kind] !== undefined);
  if (kinds.length > 1 || (kinds.length === 0 && !hasRefusedKind)) {
    report([], `expected exactly one of ${SOURCE_KIND_KEYS.map((kind) => `\`${kind}\``).join(', ')}`);
  }
  const kind = WITHOUT_FORMAT[kinds[0] ?? ''];
  if (source['format'] === 'toolhive' && kind !== undefined) {
    report(['format'], `expected \`upstream\`: ${kind} has no other format`);
  }
}

/** A source that is asked again and again needs to know how often. */
export function checkInterval(source: JsonObject, policy: unknown, report: Report): void {
  const file = source['file'];
  const polled =
    source['git'] !== undefined || source['api'] !== undefined || (isJsonObject(file) && file['url'] !== undefined);
  if (polled && !(isJsonObject(policy) && policy['interval'] !== undefined)) {
    report(['syncPolicy', 'interval'], 'is missing: say how often the source is synced, such as `interval: 30m`');
  }
}
