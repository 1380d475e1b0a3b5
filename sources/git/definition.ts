/** The configuration of a Git source, and its stored definition. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { mapping, withRule } from '../../config/schema/mapping.ts';
import { filePath, nonEmpty, text } from '../../config/schema/scalars.ts';
import type { Surroundings } from '../../config/settings.ts';
import { isJsonObject } from '../../registry/json.ts';
import { badPathPattern } from '../../registry/patterns/path-glob.ts';
import { RollcallError } from '../../registry/failure.ts';
import { repositoryPath } from '../../registry/patterns/repository-path.ts';
import { NAMESPACE, namespaceOfRepository } from '../../registry/scan/namespace.ts';
import type { SecretReference } from '../../registry/source-definition.ts';
import { isLocalPath, repositoryTransport, repositoryUrl } from './repository-url.ts';

export type GitOrigin = {
  readonly kind: 'git';
  /** An HTTP(S) or SSH URL without credentials in it, or the file URL of a repository on this machine. */
  readonly repository: string;
  /** `commit` takes precedence over `tag`, and `tag` over `branch`. Without any, the remote's default branch. */
  readonly branch?: string;
  readonly tag?: string;
  readonly commit?: string;
  /** A file or a glob of files inside the repository. Absent if `scan` is set. */
  readonly path?: string;
  /** Look for skills and plugins instead of reading registry documents. */
  readonly scan?: {
    /** Only this folder and everything below it. Default: the whole repository. */
    readonly folder?: string;
    /** Namespace of all entries. Default: derived from the repository's host and owner (registry/scan/namespace.ts). */
    readonly namespace?: string;
  };
  readonly auth?:
    | { readonly username: string; readonly password: SecretReference }
    | { readonly sshKeyFile: string; readonly knownHostsFile?: string };
};

/** Git would read a name that starts with a hyphen as an option. */
export const REFERENCE = /^(?!-)[^\s~^:?*[\\]+$/;
const reference = nonEmpty(255).regex(REFERENCE, 'is not the name of a git reference');

const authSchema = withRule(
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

const scanSchema = mapping({
  folder: text
    .refine((folder) => repositoryPath(folder.replace(/\/$/, '')) !== null, 'expected a folder inside the repository')
    .overwrite((folder) => repositoryPath(folder.replace(/\/$/, '')) ?? folder)
    .exactOptional()
    .describe('Only this folder and everything below it. Default: the whole repository'),
  namespace: text
    .regex(NAMESPACE, 'expected a namespace in reverse DNS, such as `com.example.platform`')
    .exactOptional()
    .describe('Namespace of all entries. Default: from the host and the owner of the repository'),
});

export const schema = withRule(
  mapping({
    repository: repositoryUrl.describe('HTTP(S) or SSH URL, or the path of a local repository'),
    branch: reference.exactOptional().describe('Default: the default branch of the repository'),
    tag: reference.exactOptional().describe('Takes precedence over `branch`'),
    commit: z
      .string({
        error: ({ input }) => (input === undefined ? undefined : 'expected 40 or 64 hexadecimal digits, in quotes'),
      })
      .regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i, 'expected all 40 or 64 hexadecimal digits of the commit')
      .exactOptional()
      .describe('Takes precedence over `tag` and `branch`'),
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
      .exactOptional()
      .describe('A file, or a glob of files, inside the repository. Default: registry.json'),
    scan: scanSchema.exactOptional().describe('Look for skills and plugins instead of reading registry documents'),
    auth: authSchema.exactOptional(),
  }),
  ({ repository, auth, path, scan }, report) => {
    if (isJsonObject(scan)) {
      if (path !== undefined) report(['path'], "isn't used together with `scan`: remove one of them");
      const isDerivable = typeof repository !== 'string' || namespaceOfRepository(repository) !== null;
      if (scan['namespace'] === undefined && !isDerivable) {
        report(['scan', 'namespace'], "is missing: it can't be derived from this repository");
      }
    }
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

export type Written = z.output<typeof schema>;

export const DEFAULT_PATH = 'registry.json';

/** The namespace of the entries that a scan finds. The schema makes sure that there is one. */
export function namespaceOf({ repository, scan }: GitOrigin): string {
  const namespace = scan?.namespace ?? namespaceOfRepository(repository);
  if (namespace === null) throw new RollcallError('DefinitionInvalid', 'the scan needs a `namespace`');
  return namespace;
}

export function originOf(git: Written, { folder }: Surroundings): GitOrigin {
  const { repository, auth, path = DEFAULT_PATH, scan, ...rest } = git;
  return {
    kind: 'git',
    repository: isLocalPath(repository) ? pathToFileURL(resolve(folder, repository)).href : repository,
    ...rest,
    ...(scan === undefined ? { path } : { scan }),
    ...(auth && { auth: gitAuth(auth, folder) }),
  };
}

function gitAuth(auth: NonNullable<Written['auth']>, folder: string): NonNullable<GitOrigin['auth']> {
  const { username = '', passwordFile = '', sshKeyFile, knownHostsFile } = auth;
  if (sshKeyFile === undefined) return { username, password: { file: resolve(folder, passwordFile) } };
  return {
    sshKeyFile: resolve(folder, sshKeyFile),
    ...(knownHostsFile !== undefined && { knownHostsFile: resolve(folder, knownHostsFile) }),
  };
}

export function written(origin: GitOrigin): Record<string, unknown> {
  const { kind: _, auth, ...rest } = origin;
  if (auth === undefined) return rest;
  return { ...rest, auth: 'username' in auth ? passwordConfig(auth) : auth };
}

function passwordConfig({ username, password }: { username: string; password: SecretReference }): object {
  return { username, ...('file' in password && { passwordFile: password.file }) };
}
