import { describe, expect, test } from 'vitest';
import { admissionFaults } from '../../sources/index.ts';
import type { SourceOrigin } from '../../registry/source-definition.ts';
import type { ApiOrigin } from '../../sources/api/definition.ts';
import type { GitOrigin } from '../../sources/git/definition.ts';

const SETTINGS = { allow: ['git.corp.example', '10.0.0.0/8'], secretsFolder: '/run/rollcall-secrets' };
const KEY = { sshKeyFile: '/run/rollcall-secrets/key', knownHostsFile: '/run/rollcall-secrets/hosts' };

const api = (changes: Partial<ApiOrigin>): ApiOrigin => ({
  kind: 'api',
  endpoint: 'https://registry.example.com',
  timeoutMs: 1_000,
  fullSyncEveryMs: 1_000,
  ...changes,
});
const git = (repository: string, auth?: GitOrigin['auth']): GitOrigin => ({
  kind: 'git',
  repository,
  path: 'registry.json',
  ...(auth && { auth }),
});
const url = (location: string): SourceOrigin => ({ kind: 'file', location: { url: location, timeoutMs: 1_000 } });
const faultsOf = (origin: SourceOrigin, settings = SETTINGS): string[] =>
  admissionFaults(origin, settings).map(({ path, message }) => `${path.join('.')} ${message}`);

describe('through the API a source can be', () => {
  test.each<[string, SourceOrigin]>([
    ['an API', api({})],
    ['an allowed API', api({ endpoint: 'http://10.1.2.3:8080/v0.1/servers' })],
    ['an API with secrets', api({ bearerToken: { file: '/run/rollcall-secrets/team-a/token' } })],
    ['a document', url('https://example.com/registry.json')],
    ['a document in the definition', { kind: 'file', location: { data: '[]' } }],
    ['a managed source', { kind: 'managed' }],
    ['a repository', git('https://github.com/example/servers.git')],
    ['an allowed repository', git('http://git.corp.example/servers.git')],
    [
      'a repository with a password',
      git('https://git.example.com/a', { username: 'u', password: { file: '/run/rollcall-secrets/p' } }),
    ],
    ['a repository over SSH', git('ssh://git@git.example.com:2222/servers.git', KEY)],
    ['a repository over SSH, in short notation', git('git@git.example.com:team/servers.git', KEY)],
    ['a repository over SSH at an allowed address', git('ssh://git@10.0.0.1/servers.git', KEY)],
  ])('%s', (_, origin) => {
    expect(faultsOf(origin)).toEqual([]);
  });
});

describe('may not', () => {
  test.each<[string, SourceOrigin, RegExp]>([
    [
      'an API of this machine',
      api({ endpoint: 'https://localhost:8080' }),
      /^api\.endpoint resolves to an address that is not public/,
    ],
    [
      'an API without encryption',
      api({ endpoint: 'http://registry.example.com' }),
      /^api\.endpoint must start with https/,
    ],
    ['a document of this machine', url('https://[::1]/registry.json'), /^file\.url resolves to/],
    ['a file', { kind: 'file', location: { path: '/etc/registry.json' } }, /^file\.path is a file of the server/],
    ['a repository of this machine', git('file:///srv/git/servers.git'), /^git\.repository must be an https/],
    ['a path on this machine', git('/srv/git/servers.git'), /^git\.repository must be an https/],
    ['a repository through a program', git('ext::sh -c id'), /^git\.repository must be an https/],
    ['a repository by git’s own protocol', git('git://git.example.com/a'), /^git\.repository must be an https/],
    ['a repository at a private address', git('https://192.168.0.1/a'), /^git\.repository resolves to/],
    ['a repository over SSH at a private address', git('git@192.168.0.1:a', KEY), /^git\.repository resolves to/],
    ['a repository over SSH on loopback', git('ssh://git@[::1]/a', KEY), /^git\.repository resolves to/],
    ['a repository over SSH on localhost', git('ssh://git@localhost/a', KEY), /^git\.repository resolves to/],
    ['a host that is an option', git('ssh://-oProxyCommand=id/a', KEY), /^git\.repository must be/],
    ['a host that ssh expands', git('ssh://git@%25h/a', KEY), /^git\.repository must be/],
    ['a host with a trailing dot', git('https://git.example.com./a'), /^git\.repository must be/],
    ['a repository over SSH with the server’s keys', git('git@github.com:a/b'), /^git\.auth\.sshKeyFile is missing/],
    [
      'a key from elsewhere',
      git('git@github.com:a/b', { sshKeyFile: '/root/.ssh/id_ed25519' }),
      /^git\.auth\.sshKeyFile is not in the folder/,
    ],
    [
      'known hosts from elsewhere',
      git('git@github.com:a/b', { ...KEY, knownHostsFile: '/etc/passwd' }),
      /^git\.auth\.knownHostsFile is not/,
    ],
    [
      'a password from elsewhere',
      git('https://example.com/a', { username: 'u', password: { file: '/etc/shadow' } }),
      /^git\.auth\.passwordFile is not/,
    ],
    [
      'a token from elsewhere',
      api({ bearerToken: { file: '/var/run/secrets/token' } }),
      /^api\.bearerTokenFile is not/,
    ],
    [
      'a path out of the folder',
      api({ bearerToken: { file: '/run/rollcall-secrets/../token' } }),
      /^api\.bearerTokenFile is not/,
    ],
    [
      'a folder with the same prefix',
      api({ bearerToken: { file: '/run/rollcall-secrets-2/token' } }),
      /^api\.bearerTokenFile is not/,
    ],
    [
      'a variable of the server',
      api({ headers: { 'X-Key': { environment: 'THV_DATABASE_PASSWORD' } } }),
      /^api\.headers\.X-Key is a variable/,
    ],
    [
      'a cluster',
      { kind: 'kubernetes', content: { servers: { resources: [] } } },
      /^kubernetes reads a cluster with the server's own rights/,
    ],
    [
      'a ConfigMap',
      { kind: 'kubernetes', kubeconfig: '/etc/rollcall/kubeconfig', content: { configMap: { name: 'a', key: 'b' } } },
      /^configMap reads a cluster/,
    ],
  ])('%s', (_, origin, fault) => {
    expect(faultsOf(origin)).toEqual([expect.stringMatching(fault)]);
  });

  test('any secret without a folder for secrets', () => {
    const origin = api({ bearerToken: { file: '/run/rollcall-secrets/token' } });
    expect(admissionFaults(origin, { allow: [] })).toMatchObject([
      { path: ['api', 'bearerTokenFile'], message: expect.stringContaining('outbound.secretsFolder') as string },
    ]);
  });

  test('all faults are reported at once', () => {
    const origin = api({ endpoint: 'http://localhost', bearerToken: { file: '/x' }, headers: { a: { file: '/y' } } });
    expect(faultsOf(origin)).toHaveLength(3);
  });
});
