import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { loadConfiguration } from '../../config/load.ts';
import { publicHosts } from '../../config/settings.ts';
import { faultsOf, load, withFile } from './configuration-file.ts';

const PROVIDERS = 'providers: [{ name: a, issuerUrl: "https://a.example", audience: b }]';

/** A file with these settings from line 2 on. */
function withSettings(settings: string): string {
  return `sources: [{ name: a, managed: {} }]\n${settings}`;
}

function withOAuth(oauth: string, auth = ''): string {
  return withSettings(`auth: { oauth: { ${oauth} }${auth} }`);
}

/** Without their place in the file. */
async function messagesOf(text: string): Promise<string[]> {
  return (await faultsOf(text)).map((fault) => fault.replace(/^\d+:\d+: /, ''));
}

const COMPLETE = `
sources:
  - name: internal
    managed: {}
    claims: { org: acme, groups: [platform, search] }
  - name: catalog
    file: { path: servers.json }
registries:
  - name: open
    sources: [catalog]
    access: public
  - name: staff
    sources: [internal, catalog]
    claims: { org: acme }
auth:
  mode: oauth
  publicPaths: [/registry/open/registry.json]
  oauth:
    resourceUrl: https://registry.example.com
    realm: acme
    scopesSupported: [openid, 'api://rollcall/registry:write']
    writeScope: registry:write
    sessionSecretFile: secrets/sessions
    providers:
      - name: people
        issuerUrl: https://login.example.com/realms/acme
        audience: rollcall
        jwksUrl: https://login.example.com/keys
        introspectionUrl: https://login.example.com/introspect
        clientId: rollcall
        clientSecretFile: secrets/client
        caCertPath: secrets/ca.pem
        authTokenFile: /run/secrets/token
        allowPrivateIP: true
        scopes: [registry:write]
        console:
          clientId: console
          clientSecretFile: secrets/console
          scopes: [openid, offline_access]
          parameters: { audience: rollcall }
      - { name: local, issuerUrl: 'http://localhost:8080', audience: rollcall }
  authz:
    roles:
      superAdmin: [{ groups: [registry-admins] }, { sub: root }]
      manageEntries: [{ realm_access.roles: publisher }]
    namespaces:
      - { claims: { groups: search }, names: ['com.example.search/*', com.example/find] }
audit:
  logFile: audit.log
  eventTypes: [entry.publish, entry.delete]
  excludeEventTypes: [entry.delete]
  retention: 720h
outbound:
  allow: [git.internal, 10.1.0.0/16, 'fd00::/8', 192.168.7.1]
  secretsFolder: secrets
rateLimits: { writesPerMinute: 5, failedAuthenticationsPerMinute: 6 }
server: { trustedProxies: [10.0.0.1, 'fd00::/8'], publicHosts: [Registry.example.com, rollcall] }
`;

test('every key is read, and relative paths start at the folder of the file', async () => {
  await withFile(COMPLETE, async (path, folder) => {
    const inFolder = (name: string): string => join(folder, name);
    const configuration = await loadConfiguration(path, {});
    expect(configuration.auth).toEqual({
      mode: 'oauth',
      publicPaths: ['/registry/open/registry.json'],
      resourceUrl: 'https://registry.example.com',
      realm: 'acme',
      scopesSupported: ['openid', 'api://rollcall/registry:write'],
      writeScope: 'registry:write',
      sessionSecret: { file: inFolder('secrets/sessions') },
      providers: [
        {
          name: 'people',
          issuerUrl: 'https://login.example.com/realms/acme',
          audience: 'rollcall',
          jwksUrl: 'https://login.example.com/keys',
          introspectionUrl: 'https://login.example.com/introspect',
          clientId: 'rollcall',
          clientSecret: { file: inFolder('secrets/client') },
          caFile: inFolder('secrets/ca.pem'),
          token: { file: '/run/secrets/token' },
          allowPrivateIp: true,
          scopes: ['registry:write'],
          console: {
            clientId: 'console',
            clientSecret: { file: inFolder('secrets/console') },
            scopes: ['openid', 'offline_access'],
            parameters: { audience: 'rollcall' },
          },
        },
        {
          name: 'local',
          issuerUrl: 'http://localhost:8080',
          audience: 'rollcall',
          allowPrivateIp: false,
          scopes: [],
        },
      ],
      authz: {
        roles: {
          superAdmin: [{ groups: ['registry-admins'] }, { sub: 'root' }],
          manageSources: [],
          manageRegistries: [],
          manageEntries: [{ 'realm_access.roles': 'publisher' }],
        },
        namespaces: [{ claims: { groups: 'search' }, names: ['com.example.search/*', 'com.example/find'] }],
      },
    });
    expect(configuration.sourceClaims).toEqual({ internal: { org: 'acme', groups: ['platform', 'search'] } });
    expect(configuration.registries).toEqual([
      { name: 'open', sources: ['catalog'], access: 'public' },
      { name: 'staff', sources: ['internal', 'catalog'], access: 'protected', claims: { org: 'acme' } },
    ]);
    expect(configuration.audit).toEqual({
      enabled: true,
      logFile: inFolder('audit.log'),
      eventTypes: ['entry.publish', 'entry.delete'],
      excludeEventTypes: ['entry.delete'],
      retentionMs: 30 * 24 * 60 * 60_000,
    });
    expect(configuration.outbound).toEqual({
      allow: ['git.internal', '10.1.0.0/16', 'fd00::/8', '192.168.7.1'],
      secretsFolder: inFolder('secrets'),
    });
    expect(configuration.rateLimits).toEqual({ writesPerMinute: 5, failedAuthenticationsPerMinute: 6 });
    expect(configuration.server.trustedProxies).toEqual(['10.0.0.1', 'fd00::/8']);
    expect(publicHosts(configuration)).toEqual(['registry.example.com', 'rollcall']);
    expect(configuration.notes).toEqual([]);
  });
});

test('`oauth` is the default mode, with defaults', async () => {
  const { auth, audit } = await load(withOAuth(PROVIDERS));
  expect(auth).toMatchObject({
    mode: 'oauth',
    realm: 'mcp-registry',
    scopesSupported: ['mcp-registry:read', 'mcp-registry:write'],
    writeScope: 'mcp-registry:write',
    publicPaths: [],
  });
  expect(auth).not.toHaveProperty('authz');
  expect(audit.enabled).toBe(true);
});

test('clients are told the configured write scope', async () => {
  const { auth } = await load(withOAuth(`${PROVIDERS}, writeScope: publish`));
  expect(auth).toMatchObject({ scopesSupported: ['mcp-registry:read', 'publish'] });
});

test('in the form with a source in each registry, claims are those of both', async () => {
  const { registries, sourceClaims } = await load(`
registries:
  - { name: staff, managed: {}, claims: { org: acme } }
  - { name: open, file: { path: x }, access: public }
auth: { oauth: { ${PROVIDERS} }, authz: {} }`);
  expect(registries).toEqual([
    { name: 'staff', sources: ['staff'], access: 'protected', claims: { org: 'acme' } },
    { name: 'open', sources: ['open'], access: 'public' },
  ]);
  expect(sourceClaims).toEqual({ staff: { org: 'acme' } });
});

describe('a server doesn’t start', () => {
  const OR_ANONYMOUS = 'or `mode: anonymous` to let anyone who can reach the server do everything';
  const TO_WRITE = 'providers: [{name: …, issuerUrl: https://…, audience: …}]';

  const GENERATIONS = {
    'sources and registries': 'sources: [{ name: a, managed: {} }]',
    'registries with a source in each': 'registries: [{ name: a, managed: {} }]',
    'one source': 'source: { type: file, file: { path: x } }',
  };

  test.each(Object.entries(GENERATIONS))('without `auth`, in the form of %s', async (_, file) => {
    expect(await faultsOf(file)).toEqual([
      `1:1: auth: is missing: write \`auth: {mode: oauth, oauth: {${TO_WRITE}}}\`, or \`auth: {mode: anonymous}\` to let anyone who can reach the server do everything`,
    ]);
    expect(await faultsOf(`${file}\nauth:`)).toEqual([expect.stringMatching(/^2:6: auth: is missing: write/)]);
  });

  test.each(Object.entries(GENERATIONS))(
    'in the mode `oauth` without providers, in the form of %s',
    async (_, file) => {
      expect(await faultsOf(`${file}\nauth: { mode: oauth }`)).toEqual([
        `2:1: auth.oauth: is missing: write \`oauth: {${TO_WRITE}}\`, ${OR_ANONYMOUS}`,
      ]);
      expect(await faultsOf(`${file}\nauth: {}`)).toEqual([
        expect.stringMatching(/^2:1: auth\.oauth: is missing: write/),
      ]);
      expect(await faultsOf(`${file}\nauth:\n  oauth:\n    realm: x\n`)).toEqual([
        `3:3: auth.oauth.providers: is missing: write \`${TO_WRITE}\`, ${OR_ANONYMOUS}`,
      ]);
      expect(await faultsOf(`${file}\nauth:\n  oauth:\n    providers: []\n`)).toEqual([
        `4:16: auth.oauth.providers: is empty: write \`${TO_WRITE}\`, ${OR_ANONYMOUS}`,
      ]);
    },
  );

  test('in an unknown mode', async () => {
    expect(await faultsOf(withSettings('auth: { mode: open }'))).toEqual([
      '2:15: auth.mode: expected one of `oauth`, `anonymous`',
    ]);
  });
});

test('all faults of the access settings are reported at once, each with its line and column', async () => {
  expect(
    await faultsOf(`
sources:
  - { name: a, managed: {}, claims: {} }
registries:
  - { name: open, sources: [a], access: public, claims: { org: acme } }
  - { name: staff, sources: [a], access: private, claims: { level: 3 } }
auth:
  publicPaths: [/, health, /a/../b, '/x?y']
  oauth:
    resourceUrl: http://registry.example.com
    scopesSupported: ['read write']
    providers:
      - { name: a, issuerUrl: http://keycloak:8080, audience: x, scope: [] }
      - { name: a, issuerUrl: 'https://me:hunter2@b.example', clientSecretFile: x }
  authz:
    roles:
      superAdmin: [{}]
      manageServers: []
    namespaces:
      - { claims: {}, names: [] }
      - { claims: { org: acme }, names: ['[a'] }
audit: { retention: 90d, eventTypes: [server.list, entry.publsh] }
outbound: { allow: ['*.internal', 10.0.0.0/33, 999.1.1.1] }
rateLimits: { writesPerMinute: 0 }
server: { trustedProxies: [proxy.internal], publicHosts: ['https://a.example', 'a.example:80', '*.example'] }
`),
  ).toEqual([
    '3:37: sources[0].claims: is empty: remove `claims`, or name a claim that readers must hold',
    '5:57: registries[0].claims: contradicts `access: public`, which needs no token: remove one of the two',
    '6:42: registries[1].access: expected one of `protected`, `public`',
    '6:68: registries[1].claims.level: expected text or a list of texts',
    '8:17: auth.publicPaths[0]: would make everything public: set `access: public` on the registries that everyone may read',
    '8:20: auth.publicPaths[1]: expected a path such as `/registry/catalog/v0.1`',
    '8:28: auth.publicPaths[2]: expected a path without `.` and `..`',
    '8:37: auth.publicPaths[3]: expected a path such as `/registry/catalog/v0.1`',
    '10:18: auth.oauth.resourceUrl: expected a URL that starts with https://; http:// is allowed for loopback addresses only',
    '11:23: auth.oauth.scopesSupported[0]: expected one scope without spaces and quotes, such as `registry:write`',
    '13:31: auth.oauth.providers[0].issuerUrl: expected a URL that starts with https://; http:// is allowed for loopback addresses only',
    '13:66: auth.oauth.providers[0].scope: unknown key; did you mean `scopes`?',
    '14:9: auth.oauth.providers[1].audience: is missing',
    '14:9: auth.oauth.providers[1].clientId: is missing: `clientSecretFile` needs it',
    '14:17: auth.oauth.providers[1].name: `a` is a duplicate',
    '14:31: auth.oauth.providers[1].issuerUrl: contains credentials: remove them from the URL; this setting has no use for them',
    '17:20: auth.authz.roles.superAdmin[0]: is empty: every token would grant the role; name a claim',
    '18:7: auth.authz.roles.manageServers: unknown key; did you mean `manageSources`?',
    '20:19: auth.authz.namespaces[0].claims: is empty: name the claims that allow publishing these names',
    '20:30: auth.authz.namespaces[0].names: is empty: name at least one name or glob',
    '21:42: auth.authz.namespaces[1].names[0]: "[" has no "]" after it; write "\\[" for a literal bracket',
    '22:21: audit.retention: expected a duration such as `30m`, `1h30m`, or `100ms`',
    '22:52: audit.eventTypes[1]: unknown event type; did you mean `entry.publish`?',
    '23:21: outbound.allow[0]: expected an address or an address range, such as `10.0.0.7`, `10.0.0.0/8`, or `fd00::/8`, or a host name such as `git.example.com`',
    '23:35: outbound.allow[1]: expected an address or an address range, such as `10.0.0.7`, `10.0.0.0/8`, or `fd00::/8`, or a host name such as `git.example.com`',
    '23:48: outbound.allow[2]: expected an address or an address range, such as `10.0.0.7`, `10.0.0.0/8`, or `fd00::/8`, or a host name such as `git.example.com`',
    '24:32: rateLimits.writesPerMinute: expected at least 1',
    '25:28: server.trustedProxies[0]: expected an address or an address range, such as `10.0.0.7`, `10.0.0.0/8`, or `fd00::/8`',
    ...[59, 80, 96].map(
      (column, index) =>
        `25:${column}: server.publicHosts[${index}]: expected a host name without scheme and port, such as \`registry.example.com\``,
    ),
  ]);
});

test.each([
  ['127.0.0.1:8080', undefined, ['127.0.0.1']],
  [':8080', undefined, []],
  ['Registry.internal:80', undefined, ['registry.internal']],
  [':8080', 'https://registry.example.com:8443/mcp', ['registry.example.com']],
])('a server at %s with resourceUrl %s has by default the hosts %j', (address, resourceUrl, hosts) => {
  const auth = {
    mode: 'oauth',
    publicPaths: [],
    realm: '',
    scopesSupported: [],
    writeScope: '',
    providers: [],
  } as const;
  const server = { address, internalAddress: ':8081', maxStaleMs: 600_000, trustedProxies: [] };
  expect(publicHosts({ server, auth: { ...auth, ...(resourceUrl !== undefined && { resourceUrl }) } })).toEqual(hosts);
});

test('claims contain no characters that can’t be in a token', async () => {
  const text = 'sources: [{ name: a, managed: {}, claims: { "o\\0g": acme } }]\nauth: { mode: anonymous }';
  expect(await faultsOf(text)).toEqual([expect.stringMatching(/^1:43: sources\[0\]\.claims: contains a character/)]);
});

test('nothing is called __proto__, because it would be dropped silently', async () => {
  const text = `sources: [{ name: a, managed: {}, claims: { org: acme, "__proto__": x } }]
auth: { mode: anonymous, "__proto__": { mode: oauth } }`;
  expect(await faultsOf(text)).toEqual([
    '1:56: `__proto__` is not a valid key',
    '2:26: `__proto__` is not a valid key',
  ]);
});

test('each token belongs to one provider: no two have the same issuer', async () => {
  const providers = `providers: [
  { name: a, issuerUrl: https://a.example, audience: b },
  { name: c, issuerUrl: https://a.example/, audience: d }]`;
  expect(await faultsOf(withOAuth(providers))).toEqual([
    '4:25: auth.oauth.providers[1].issuerUrl: is the issuer of `a` already: configure each issuer once, with one audience',
  ]);
});

test('the oldest form has no claims, and therefore no `authz`', async () => {
  const text = `source: { type: file, file: { path: x } }\nauth: { oauth: { ${PROVIDERS} }, authz: {} }`;
  expect(await messagesOf(text)).toEqual([
    "auth.authz: needs claims, which this older generation of the file doesn't support: use `sources`",
  ]);
});

test.each(['http://localhost:9000', 'http://127.0.0.1:9000', 'http://[::1]:9000', 'https://login.example.com'])(
  'an issuer can be at %s',
  async (issuer) => {
    expect(await faultsOf(withOAuth(PROVIDERS.replace('https://a.example', issuer)))).toEqual([]);
  },
);

test.each(['http://localhost.example.com', 'http://127.0.0.1.example.com', 'http://10.0.0.1', 'https://x.example/#a'])(
  'an issuer can’t be at %s, whatever THV_REGISTRY_INSECURE_URL says',
  async (issuer) => {
    const text = withOAuth(PROVIDERS.replace('https://a.example', issuer));
    expect(await faultsOf(text, { THV_REGISTRY_INSECURE_URL: 'true' })).toEqual([
      expect.stringContaining('auth.oauth.providers[0].issuerUrl: expected a URL'),
    ]);
  },
);

describe('a note says that', () => {
  const notesOf = async (text: string): Promise<string[]> => (await load(text)).notes.map(({ message }) => message);

  test('access settings have no effect in the mode `anonymous`', async () => {
    expect(
      await notesOf(`sources: [{ name: a, managed: {}, claims: { b: c } }]
registries: [{ name: r, sources: [a], access: public }]
auth: { mode: anonymous, publicPaths: [/x], oauth: { ${PROVIDERS} }, authz: {} }`),
    ).toEqual(
      ['auth.publicPaths', 'auth.oauth', 'auth.authz', 'sources[0].claims', 'registries[0].access'].map(
        (path) => `${path}: has no effect in anonymous mode, where anyone can do everything`,
      ),
    );
  });

  test('reads are not recorded, nor the content of requests', async () => {
    expect(
      await notesOf(
        withSettings(`auth: { mode: anonymous }
audit: { enabled: true, includeRequestData: true, eventTypes: [entry.publish, server.version.read, user.info] }`),
      ),
    ).toEqual([
      'audit.includeRequestData: has no effect: audit events never contain request data, which may be secret',
      'audit.eventTypes[1]: has no effect: reads are not recorded',
      'audit.eventTypes[2]: has no effect: reads are not recorded',
    ]);
  });

  test('claims have no effect without `authz`', async () => {
    expect(
      await notesOf(`sources: [{ name: a, managed: {}, claims: { b: c } }]\nauth: { oauth: { ${PROVIDERS} } }`),
    ).toEqual(['sources[0].claims: has no effect without `auth.authz`: any valid token sees everything']);
  });
});

test('variables override single values', async () => {
  const { auth, rateLimits } = await load(withOAuth(PROVIDERS), {
    THV_REGISTRY_AUTH_OAUTH_REALM: 'acme',
    THV_REGISTRY_AUTH_OAUTH_RESOURCEURL: 'https://registry.example.com',
    THV_REGISTRY_RATELIMITS_WRITESPERMINUTE: '7',
  });
  expect(auth).toMatchObject({ realm: 'acme', resourceUrl: 'https://registry.example.com' });
  expect(rateLimits.writesPerMinute).toBe(7);
});

test('an unknown role without a similar one is answered with the list of roles', async () => {
  expect(await messagesOf(withOAuth(PROVIDERS, ', authz: { roles: { admin: [{ a: b }] } }'))).toEqual([
    'auth.authz.roles.admin: unknown key; known keys: `superAdmin`, `manageSources`, `manageRegistries`, `manageEntries`',
  ]);
});

test('users can only sign in where the server has a URL that they come back to, and not with parameters of Rollcall', async () => {
  const provider = (client: string): string =>
    `providers: [{ name: a, issuerUrl: "https://a.example", audience: b, console: ${client} }]`;
  expect(await messagesOf(withOAuth(provider('{ clientId: c }')))).toEqual([
    expect.stringMatching(/resourceUrl.* is missing: providers redirect users/),
  ]);
  const own = provider('{ clientId: c, parameters: { redirect_uri: "https://evil.example" } }');
  expect(await messagesOf(withOAuth(`resourceUrl: "https://r.example", ${own}`))).toEqual([
    expect.stringContaining('is set by Rollcall itself'),
  ]);
});
