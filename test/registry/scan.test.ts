/** Conversion of files of a repository to entries, tested without a repository. */
import { expect, test } from 'vitest';
import { listedPlugins } from '../../registry/scan/marketplace.ts';
import { namespaceOfRepository } from '../../registry/scan/namespace.ts';
import { commitVersion } from '../../registry/scan/found.ts';
import { versionOrder } from '../../registry/versions.ts';
import { schema } from '../../sources/git/definition.ts';

test.each([
  ['https://github.com/Acme-Corp/tools.git', 'io.github.acme-corp'],
  ['git@github.com:acme/tools.git', 'io.github.acme'],
  ['ssh://git@gitlab.com/group/sub/tools', 'io.gitlab.group'],
  ['https://bitbucket.org/acme/tools', 'org.bitbucket.acme'],
  ['https://git.example.com:8443/platform/tools', 'com.example.git.platform'],
  ['https://github.com/acme_inc/tools', 'io.github.acme-inc'],
  ['https://git.example.com/tools.git', null],
  ['https://127.0.0.1/acme/tools', null],
  ['https://localhost/acme/tools', null],
  ['file:///srv/tools.git', null],
  ['/srv/acme/tools', null],
])('the namespace of %s is %s', (repository, namespace) => {
  expect(namespaceOfRepository(repository)).toBe(namespace);
});

test('versions of later commits are higher', () => {
  const one = commitVersion('f'.repeat(40), '2026-11-30T09:30:00+02:00');
  const other = commitVersion('a'.repeat(40), '2026-11-30T08:00:00Z');
  expect(one).toBe('0.0.0-20261130073000-ffffffffffff');
  expect(versionOrder(one) < versionOrder(other)).toBe(true);
});

test('a marketplace lists plugins of its repository and of others, and says what is wrong with the rest', () => {
  const sha = 'a'.repeat(40);
  const places = (sources: readonly unknown[], root = ''): unknown[] => {
    const plugins = sources.map((source, index) => ({ name: `p${index}`, source }));
    const listed = listedPlugins(JSON.stringify({ metadata: { pluginRoot: './plugins' }, plugins }), root);
    if ('fault' in listed) throw new Error(listed.fault);
    return listed.map((plugin) => {
      if ('folder' in plugin) return plugin.folder;
      return 'elsewhere' in plugin ? plugin.elsewhere : plugin.fault;
    });
  };
  expect(places(['./', './a/b', 'short', '../out', '/etc', './a/../../b'])).toEqual([
    '',
    'a/b',
    'plugins/short',
    expect.stringContaining("isn't in the repository"),
    expect.stringContaining("isn't in the repository"),
    expect.stringContaining("isn't in the repository"),
  ]);
  expect(places(['./a'], 'market')).toEqual(['market/a']);
  expect(
    places([
      { source: 'github', repo: 'acme/x', ref: 'v1', sha },
      { source: 'url', url: 'git@git.example.com:acme/x.git' },
      { source: 'git-subdir', url: 'https://git.example.com/acme/x', path: './tools/x', sha },
    ]),
  ).toEqual([
    { url: 'https://github.com/acme/x', ref: 'v1', commit: sha },
    { url: 'ssh://git@git.example.com/acme/x.git' },
    { url: 'https://git.example.com/acme/x', commit: sha, subfolder: 'tools/x' },
  ]);
  for (const [source, fault] of [
    [{ source: 'github', repo: 'acme' }, 'without owner/repo'],
    [{ source: 'github', repo: 'acme/x', sha: 'main' }, "sha that isn't a full commit ID"],
    [{ source: 'url', url: 'https://user:secret@example.com/x' }, 'has credentials'],
    [{ source: 'url', url: 'file:///etc' }, 'not https:// or SSH'],
    [{ source: 'git-subdir', url: 'https://example.com/acme/x', path: '../x' }, "isn't in its repository"],
    [{ source: 'npm', package: 'x' }, "which an entry can't express"],
    [undefined, 'has no source'],
  ] as const) {
    expect(places([source])).toEqual([expect.stringContaining(fault)]);
  }
  expect(listedPlugins('[]', '')).toEqual({ fault: "isn't a JSON object" });
  expect(listedPlugins('{}', '')).toEqual({ fault: 'has no list "plugins"' });
});

test('the configuration of a scan names what is wrong', () => {
  const faultsOf = (git: object): string[] =>
    (schema.safeParse(git).error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`);
  const repository = 'https://github.com/acme/tools';
  expect(faultsOf({ repository, scan: {} })).toEqual([]);
  expect(faultsOf({ repository: '/srv/tools', scan: { namespace: 'com.example', folder: 'a/b/' } })).toEqual([]);
  expect(faultsOf({ repository, scan: {}, path: 'x.json' })).toEqual([
    "path isn't used together with `scan`: remove one of them",
  ]);
  expect(faultsOf({ repository: '/srv/tools', scan: {} })).toEqual([
    "scan.namespace is missing: it can't be derived from this repository",
  ]);
  expect(faultsOf({ repository, scan: { namespace: 'Example', folder: '../x' } })).toEqual([
    'scan.folder expected a folder inside the repository',
    'scan.namespace expected a namespace in reverse DNS, such as `com.example.platform`',
  ]);
});
