import { describe, expect, test } from 'vitest';

import { ConfigurationError } from '../../config/faults.ts';
import { loadConfiguration } from '../../config/load.ts';
import { faultsOf } from './configuration-file.ts';

/** A file with this source, from line 2 on. */
function withSource(source: string): string {
  return `sources:\n  - { name: a, syncPolicy: { interval: 1m }, ${source} }\nauth: { mode: anonymous }\n`;
}

test('all faults are reported at once, each with its line and column', async () => {
  expect(
    await faultsOf(`registryName: v0.1
sources:
  - name: local
    format: toolhiv
    file:
      path: ./x.json
  - name: local
    git:
      repositry: https://example.com/x.git
      branch: "-x"
    syncPolicy:
      interval: 30
      maxRemoval: 70
  - name: Upper
    api: { endpoint: ftp://example.com }
    filter: { names: { include: ["[a", 3] } }
registries:
  - name: v0
    sources: [locl, local, local]
database:
  host: x
  port: 99999
temporal: { tls: {}, namspace: x }
audit: { enabled: yes }
telemetry: 5
auht: {}
`),
  ).toEqual([
    '1:1: auth: is missing: write `auth: {mode: oauth, oauth: {providers: [{name: …, issuerUrl: https://…, audience: …}]}}`, or `auth: {mode: anonymous}` to let anyone who can reach the server do everything',
    '1:15: registryName: is reserved, because it is part of API paths',
    '4:13: sources[0].format: expected one of `upstream`, `toolhive`',
    '7:11: sources[1].name: `local` is a duplicate',
    '8:5: sources[1].git.repository: is missing',
    '9:7: sources[1].git.repositry: unknown key; did you mean `repository`?',
    '10:15: sources[1].git.branch: is not the name of a git reference',
    '12:17: sources[1].syncPolicy.interval: expected a duration such as `30m` or `1h30m`',
    '13:19: sources[1].syncPolicy.maxRemoval: expected a share from 0 to 1 or a percentage such as `50%`',
    '14:5: sources[2].syncPolicy.interval: is missing: say how often the source is synced, such as `interval: 30m`',
    '14:11: sources[2].name: expected 1 to 63 lowercase letters, digits, and hyphens, without a hyphen at either end',
    '15:22: sources[2].api.endpoint: expected a URL that starts with https:// or http://',
    '16:34: sources[2].filter.names.include[0]: "[" has no "]" after it; write "\\[" for a literal bracket',
    '16:40: sources[2].filter.names.include[1]: expected text, found a number: put it in quotes',
    '18:11: registries[0].name: is reserved, because it is part of API paths',
    '19:15: registries[0].sources[0]: unknown source `locl`; did you mean `local`?',
    '19:28: registries[0].sources[2]: `local` is a duplicate',
    '20:1: database.database: is missing',
    '20:1: database.user: is missing',
    '22:9: database.port: expected at most 65535',
    '23:1: temporal.address: is missing',
    '23:22: temporal.namspace: unknown key; did you mean `namespace`?',
    '24:19: audit.enabled: expected `true` or `false`, found text',
    '25:12: telemetry: expected a mapping, found a number',
    '26:1: auht: unknown key; did you mean `auth`?',
  ]);
});

test('an address has a port that exists', async () => {
  const text = `sources: [{name: a, managed: {}}]
auth: { mode: anonymous }
temporal: { address: "temporal:65536" }
server: { address: "1.2.3.4:99999", internalAddress: ":65535", workerInternalAddress: "[::1]:0" }
`;
  expect(await faultsOf(text)).toEqual([
    '3:22: temporal.address: expected `host:port`, such as `localhost:7233`',
    '4:20: server.address: expected `host:port` or `:port`, such as `127.0.0.1:8080`',
  ]);
});

describe('a source', () => {
  test.each([
    ['file: {}', 'sources[0].file: expected exactly one of `path`, `url`, and `data`'],
    ['file: { path: a, data: b }', 'sources[0].file: expected exactly one of `path`, `url`, and `data`'],
    ['file: { path: a, timeout: 1s }', 'sources[0].file.timeout: belongs to `url`'],
    [
      'file: { path: a }, managed: {}',
      'sources[0]: expected exactly one of `git`, `api`, `file`, `managed`, `kubernetes`, `configMap`',
    ],
    [
      'format: upstream',
      'sources[0]: expected exactly one of `git`, `api`, `file`, `managed`, `kubernetes`, `configMap`',
    ],
    ['kubernetes: { namespaces: [] }', 'sources[0].kubernetes.namespaces: is empty: leave it out for all namespaces'],
    [
      'kubernetes: { namespaces: [Team_A] }',
      'sources[0].kubernetes.namespaces[0]: expected a Kubernetes name: lowercase letters, digits, hyphens, and dots',
    ],
    [
      'kubernetes: { resources: [pods] }',
      'sources[0].kubernetes.resources[0]: expected one of `mcpservers.toolhive.stacklok.dev`, `mcpremoteproxies.toolhive.stacklok.dev`, `virtualmcpservers.toolhive.stacklok.dev`, `mcpservers.mcp.x-k8s.io`',
    ],
    ['kubernetes: {}, format: toolhive', 'sources[0].format: expected `upstream`: a cluster has no other format'],
    ['configMap: { key: a }', 'sources[0].configMap.name: is missing'],
    ['managed: {}, format: toolhive', 'sources[0].format: expected `upstream`: a managed source has no other format'],
    ['file: { data: 3 }', 'sources[0].file.data: expected text, found a number: put it in quotes'],
    [
      'git: { repository: "ext::sh -c id" }',
      'sources[0].git.repository: expected an HTTP(S) or SSH URL, `git@host:path`, or the path of a local repository (`/…`, `./…`)',
    ],
    [
      'git: { repository: "ssh://-oProxyCommand=id/x" }',
      'sources[0].git.repository: expected an HTTP(S) or SSH URL, `git@host:path`, or the path of a local repository (`/…`, `./…`)',
    ],
    [
      'git: { repository: "https://x.org/y", path: ../../etc/passwd }',
      'sources[0].git.path: expected a path inside the repository',
    ],
    [
      'git: { repository: "https://x.org/y", commit: abc1234 }',
      'sources[0].git.commit: expected all 40 or 64 hexadecimal digits of the commit',
    ],
    [
      'git: { repository: "https://x.org/y", auth: { username: a } }',
      'sources[0].git.auth.passwordFile: is missing: `username` needs it',
    ],
    [
      'git: { repository: "https://x.org/y", auth: { sshKeyFile: a } }',
      'sources[0].git.auth.sshKeyFile: works over SSH only, and the repository is not an SSH URL',
    ],
    [
      'git: { repository: "git@x.org:y", auth: { username: a, passwordFile: b } }',
      'sources[0].git.auth.passwordFile: works over HTTP only, and the repository is not an HTTP URL',
    ],
    [
      'git: { repository: "https://x.org/y", auth: {} }',
      'sources[0].git.auth: expected either `username` with `passwordFile` (HTTP) or `sshKeyFile` (SSH)',
    ],
    ['api: { endpoint: "https://x.org", timeout: 10m }', 'sources[0].api.timeout: is too long: the maximum is 5m'],
    [
      'api: { endpoint: "https://x.org", headers: { "x y": { env: X } } }',
      'sources[0].api.headers.x y: is not the name of an HTTP header',
    ],
    [
      'api: { endpoint: "https://x.org", headers: { x: { env: X, file: y } } }',
      'sources[0].api.headers.x: expected either `file` or `env`',
    ],
    [
      'api: { endpoint: "https://x.org", bearerTokenFile: t, headers: { authorization: { env: X } } }',
      'sources[0].api.headers.authorization: is already set by `bearerTokenFile`',
    ],
  ])('%s', async (source, fault) => {
    const faults = await faultsOf(withSource(source));
    expect(faults.map((line) => line.replace(/^\d+:\d+: /, ''))).toEqual([fault]);
  });

  test.each(['0s', '-5m', '999ms', '30', 'soon', '1d', '""'])('an interval of %s is refused', async (interval) => {
    const faults = await faultsOf(
      `sources: [{ name: a, file: { path: x }, syncPolicy: { interval: ${interval} } }]\nauth: { mode: anonymous }`,
    );
    expect(faults).toEqual([
      expect.stringMatching(/^1:65: sources\[0\]\.syncPolicy\.interval: (?:is too short|expected)/),
    ]);
  });
});

test.each([
  ['api: { endpoint: "https://me:hunter2@x.org" }', 'use `bearerTokenFile` or `headers`'],
  ['file: { url: "https://hunter2@x.org/registry.json" }', 'a file source has no setting for them'],
  ['git: { repository: "https://hunter2@x.org/y.git" }', 'use `auth.username` and `auth.passwordFile`'],
  ['git: { repository: "ssh://git:hunter2@x.org/y.git" }', 'use `auth.username` and `auth.passwordFile`'],
])('a URL with credentials is refused without repeating them: %s', async (source, advice) => {
  const [fault, ...others] = await faultsOf(withSource(source));
  expect(others).toEqual([]);
  expect(fault).toContain('contains credentials: remove them from the URL');
  expect(fault).toContain(advice);
  expect(fault).not.toContain('hunter2');
});

describe('registries', () => {
  test('can have one managed source at most', async () => {
    const text = `
sources: [{ name: a, managed: {} }, { name: b, managed: {} }]
registries: [{ name: r, sources: [a, b] }]
auth: { mode: anonymous }`;
    expect(await faultsOf(text)).toEqual([
      '3:38: registries[0].sources[1]: is managed, like `a`: a registry can have only one managed source',
    ]);
  });

  test('need different names, and at least one source', async () => {
    const text = `
sources: [{ name: a, managed: {} }]
registries: [{ name: r, sources: [a] }, { name: r, sources: [] }]
auth: { mode: anonymous }`;
    expect(await faultsOf(text)).toEqual([
      '3:49: registries[1].name: `r` is a duplicate',
      '3:61: registries[1].sources: is empty: name at least one source',
    ]);
  });

  test('with a source in each need different names, none of them `v0`', async () => {
    const text = `
registries:
  - { name: v0, managed: {} }
  - { name: a, file: { path: x } }
  - { name: a, file: { path: y } }
  - { name: b, configMapRef: { name: x, key: y } }
auth: { mode: anonymous }`;
    expect(await faultsOf(text)).toEqual([
      '3:13: registries[0].name: is reserved, because it is part of API paths',
      '5:13: registries[2].name: `a` is a duplicate',
      '6:30: registries[3].configMapRef: belongs to the MCPRegistry resource: write `configMap: {name: …, key: …}`',
    ]);
  });
});

describe('generations', () => {
  test('can’t be mixed', async () => {
    expect(await faultsOf('source: {}\nsources: [{ name: a, managed: {} }]\nauth: { mode: anonymous }')).toEqual([
      '1:9: source: belongs to an older generation of the file: add it to `sources`',
    ]);
    expect(
      await faultsOf(`source: { type: git, file: { path: x } }
registries: []
auth: { mode: anonymous }`),
    ).toEqual([
      '1:28: source.file: not allowed in a source of type `git`',
      '2:13: registries: belongs to a newer generation of the file: use `sources` and `registries`, or only `source`',
    ]);
  });

  test('a file without sources is an error that says to add some', async () => {
    const remedy = 'write at least one, such as `sources: [{name: catalog, file: {path: servers.json}}]`';
    expect(await faultsOf('auth: { mode: anonymous }')).toEqual([`1:1: sources: is missing: ${remedy}`]);
    expect(await faultsOf('sources: []\nauth: { mode: anonymous }')).toEqual([`1:10: sources: is empty: ${remedy}`]);
  });

  test('a single source needs an interval too', async () => {
    const text = 'source: { type: api, api: { endpoint: "https://x.org" } }\nauth: { mode: anonymous }';
    expect(await faultsOf(text)).toEqual([
      '1:1: syncPolicy.interval: is missing: say how often the source is synced, such as `interval: 30m`',
    ]);
  });
});

test('a password can be given only once', async () => {
  const text = `
sources: [{ name: a, managed: {} }]
auth: { mode: anonymous }
database: { host: h, user: u, database: d, password: hunter2, passwordFile: f, dynamicAuth: {} }`;
  expect(await faultsOf(text)).toEqual([
    '4:54: database.password: is set twice: keep `passwordFile`',
    '4:93: database.dynamicAuth: dynamic database credentials are not supported: use `passwordFile`',
  ]);
});

describe('text that isn’t a configuration', () => {
  test('every syntax error is reported', async () => {
    const faults = await faultsOf('sources:\n  - name: "a\n    name: b: c\nauth: [\n');
    expect(faults.length).toBeGreaterThan(0);
    for (const fault of faults) expect(fault).toMatch(/^\d+:\d+: YAML: /);
  });

  test('a duplicate key', async () => {
    expect(await faultsOf('auth: {}\nauth: {}\n')).toEqual(['2:1: YAML: Map keys must be unique']);
  });

  test.each(['', '# nothing\n', '- a\n', 'text\n'])('%j', async (text) => {
    expect(await faultsOf(text)).toEqual([expect.stringContaining('1:1: expected a mapping')]);
  });

  test('an alias bomb', async () => {
    const levels = Array.from({ length: 9 }, (_, index) => {
      const inner = index === 0 ? 'x' : `*l${String(index - 1)}`;
      return `l${String(index)}: &l${String(index)} [${Array.from({ length: 9 }, () => inner).join(', ')}]`;
    });
    expect(await faultsOf(levels.join('\n'))).toEqual([expect.stringContaining('YAML: Excessive alias count')]);
  });

  test('an alias that contains itself', async () => {
    const text = 'sources: &s\n  - *s\nauth: {mode: anonymous}\n';
    expect(await faultsOf(text)).toEqual(['1:1: YAML: the alias *s contains itself']);
  });

  test('a missing file', async () => {
    const loading = loadConfiguration('/nowhere/rollcall.yaml', {});
    await expect(loading).rejects.toThrow(ConfigurationError);
    await expect(loading).rejects.toThrow("/nowhere/rollcall.yaml:1:1: can't be read");
  });
});

describe('bounds of a source', () => {
  const long = (length: number): string => 'x'.repeat(length);

  test.each([
    ['file: { url: "https://example.com/a", timeout: 1h }', 'file.timeout: is too long: the maximum is 5m'],
    [
      `file: { url: "https://example.com/${long(300_000)}" }`,
      'file.url: is too long: at most 2048 characters are allowed',
    ],
    [`file: { path: ${long(5_000)} }`, 'file.path: is too long: at most 4096 characters are allowed'],
    [`file: { data: ${long(1_000_001)} }`, 'file.data: is too long: at most 1000000 characters are allowed'],
    [`api: { endpoint: "https://example.com/${long(300_000)}" }`, 'api.endpoint: is too long'],
    [`api: { endpoint: "https://example.com", timeout: ${'1'.repeat(300_000)}s }`, 'api.timeout: is too long'],
    ['api: { endpoint: "https://example.com", fullSyncEvery: 999999999999h }', 'api.fullSyncEvery: is too long'],
    [`git: { repository: "https://example.com/${long(300_000)}" }`, 'git.repository: is too long'],
    [`git: { repository: ./x, branch: ${long(300)} }`, 'git.branch: is too long: at most 255 characters are allowed'],
    [`git: { repository: ./x, path: ${long(5_000)} }`, 'git.path: is too long: at most 4096 characters are allowed'],
    ['git: { repository: ./x, path: "+(a|b)*.json" }', 'git.path: extended globs'],
    ['git: { repository: ./x, path: "{1..1000000}.json" }', 'git.path: ranges'],
    [`managed: {}, filter: { names: { include: ["${long(600)}"] } }`, 'filter.names.include[0]: the pattern has more'],
    [
      `managed: {}, filter: { names: { include: [${'"*a",'.repeat(201)}] } }`,
      'filter.names.include: has too many items',
    ],
    [`managed: {}, filter: { tags: { include: [${'a,'.repeat(201)}] } }`, 'filter.tags.include: has too many items'],
    [
      `managed: {}, filter: { names: { exclude: [${`"${'{a,b}'.repeat(8)}*",`.repeat(20)}] } }`,
      'filter.names.exclude: has patterns with too many alternatives',
    ],
    [`managed: {}, claims: { team: ${long(2_000)} }`, 'claims.team'],
    [`kubernetes: { labelSelector: ${long(5_000)} }`, 'kubernetes.labelSelector: is too long'],
  ])('%.60s', async (source, message) => {
    const faults = await faultsOf(withSource(source));
    expect(faults.join('\n')).toContain(`sources[0].${message}`);
    expect(faults.join('\n').length).toBeLessThan(5_000);
  });

  test('a deadline is six hours at most', async () => {
    const deadline = (text: string): string =>
      `sources:\n  - { name: a, managed: {}, syncPolicy: { deadline: ${text} } }\nauth: { mode: anonymous }\n`;
    expect(await faultsOf(deadline('6h'))).toEqual([]);
    expect(await faultsOf(deadline('8760h'))).toEqual([
      '2:53: sources[0].syncPolicy.deadline: is too long: the maximum is 6h',
    ]);
  });
});
