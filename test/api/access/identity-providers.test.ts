/** The configurations of docs/auth.md with tokens as each provider issues them; only issuer and keys are ours. */
import { readFileSync } from 'node:fs';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '../../../api/access/caller.ts';
import { requireNamespace, seesRegistry } from '../../../api/access/permissions.ts';
import { TokenVerifier } from '../../../api/access/tokens/token-verifier.ts';
import type { Configuration, OAuthSettings } from '../../../config/model.ts';
import type { HeldClaims } from '../../../registry/claims.ts';
import { load } from '../../config/configuration-file.ts';
import { type IdentityProvider, startIdentityProvider, type TokenOptions } from '../../identity-provider.ts';

const DOCUMENT = readFileSync(new URL('../../../docs/auth.md', import.meta.url), 'utf8');
const FILES = new Map(
  DOCUMENT.split(/^### /m)
    .slice(1)
    .flatMap((section): [string, string][] => {
      const file = /```yaml\n(sources:[\s\S]*?)```/.exec(section)?.[1];
      return file === undefined ? [] : [[section.split('\n')[0] ?? '', file]];
    }),
);

interface Shape {
  /** The common claims of this provider's tokens. */
  readonly common: HeldClaims;
  /** The claims that differ between an engineer who publishes, another user, and an administrator. */
  readonly engineer: HeldClaims;
  readonly other: HeldClaims;
  readonly admin: HeldClaims;
  readonly audience?: readonly string[];
}

const RESOURCE = 'https://registry.example.com';

const SHAPES: Readonly<Record<string, Shape>> = {
  Keycloak: {
    common: {
      jti: 'onrtac:6f1f1b51-47a1-4ea5-8b1e-0a4c2b6e8f11',
      typ: 'Bearer',
      azp: 'rollcall-cli',
      sid: '0d1b3a52-9f5b-4a3f-8a6c-55d1a2b3c4d5',
      acr: '1',
      resource_access: { account: { roles: ['manage-account', 'view-profile'] } },
      scope: 'profile email mcp-registry:write',
      email_verified: true,
    },
    engineer: {
      sub: 'f9c1d2e3-0000-4000-8000-000000000001',
      name: 'Ada Lovelace',
      preferred_username: 'ada',
      realm_access: { roles: ['offline_access', 'default-roles-acme', 'registry-publisher'] },
      groups: ['/engineering'],
    },
    other: { preferred_username: 'bob', realm_access: { roles: ['default-roles-acme'] }, groups: ['/sales'] },
    admin: { preferred_username: 'root', realm_access: { roles: ['registry-admin'] }, groups: [] },
    audience: [RESOURCE, 'account'],
  },
  Okta: {
    common: {
      ver: 1,
      jti: 'AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE',
      cid: '0oa1b2c3d4e5f6g7h8i9',
      uid: '00u1b2c3d4e5f6g7h8i9',
      scope: undefined,
      scp: ['openid', 'mcp-registry:write'],
      auth_time: 1_790_000_000,
    },
    engineer: { sub: 'ada@example.com', groups: ['Everyone', 'Engineering'] },
    other: { sub: 'bob@example.com', groups: ['Everyone', 'Sales'] },
    admin: { sub: 'root@example.com', groups: ['Everyone', 'Registry Admins'] },
  },
  'Entra ID': {
    common: {
      aio: 'AXQAi/8TAAAA',
      azp: '0d1b3a52-9f5b-4a3f-8a6c-55d1a2b3c4d5',
      azpacr: '0',
      oid: '00000000-0000-4000-8000-000000000001',
      rh: '0.AAAA',
      tid: '5c3b72a1-0a8e-4b4f-9c2d-7f1f0c8a9e55',
      uti: 'kq6hWwyNz0',
      ver: '2.0',
      scope: undefined,
      scp: 'Registry.Read Registry.Write',
    },
    engineer: {
      name: 'Ada Lovelace',
      preferred_username: 'ada@example.com',
      roles: ['Registry.Engineer', 'Registry.Publisher'],
    },
    other: { name: 'Bob', preferred_username: 'bob@example.com' },
    admin: { name: 'Root', roles: ['Registry.Admin'] },
  },
  Auth0: {
    common: { azp: 'rO1lCaLlClIeNt', scope: 'openid profile mcp-registry:write', permissions: [] },
    engineer: { sub: 'auth0|5f7c8ec7c33c6c004bbafe82', [`${RESOURCE}/roles`]: ['engineer', 'publisher'] },
    other: { sub: 'auth0|5f7c8ec7c33c6c004bbafe83', [`${RESOURCE}/roles`]: [] },
    admin: { sub: 'auth0|5f7c8ec7c33c6c004bbafe84', [`${RESOURCE}/roles`]: ['registry-admin'] },
    audience: [RESOURCE, 'https://acme.eu.auth0.com/userinfo'],
  },
  'Service accounts of a Kubernetes cluster': {
    common: { scope: undefined, jti: '6f1f1b51-47a1-4ea5-8b1e-0a4c2b6e8f11' },
    engineer: serviceAccount('engineering-ci', 'publisher'),
    other: serviceAccount('sales', 'default'),
    admin: serviceAccount('mcp', 'registry-admin'),
  },
};

function serviceAccount(namespace: string, name: string): HeldClaims {
  return {
    sub: `system:serviceaccount:${namespace}:${name}`,
    'kubernetes.io': {
      namespace,
      node: { name: 'node-1', uid: '2c7c1f0e-0000-4000-8000-000000000001' },
      pod: { name: 'job-x2x4z', uid: '2c7c1f0e-0000-4000-8000-000000000002' },
      serviceaccount: { name, uid: '2c7c1f0e-0000-4000-8000-000000000003' },
      warnafter: 1_790_000_000,
    },
  };
}

let identity: IdentityProvider;
beforeAll(async () => {
  identity = await startIdentityProvider();
});
afterAll(() => identity.stop());

test('every provider of the document is tried', () => {
  expect([...FILES.keys()]).toEqual(Object.keys(SHAPES));
});

describe.each(Object.entries(SHAPES))('%s', (provider, { common, engineer, other, admin, audience }) => {
  let configuration: Configuration;
  let settings: OAuthSettings;
  let verifier: TokenVerifier;

  beforeAll(async () => {
    configuration = await load(FILES.get(provider) ?? '');
    settings = atTestProvider(configuration);
    verifier = new TokenVerifier(settings, pino({ level: 'silent' }));
  });
  afterAll(() => verifier.close());

  const callerWith = async (claims: HeldClaims, options: TokenOptions = {}): Promise<Caller> => {
    const expected = settings.providers[0]?.audience ?? '';
    const header = { typ: undefined }; // Some providers say `JWT`; Okta says nothing.
    return verifier.callerOf(
      await identity.token({ ...common, ...claims }, { audience: audience ?? expected, header, ...options }),
    );
  };
  const visible = (caller: Caller): string[] =>
    configuration.registries
      .filter(({ access, claims = null }) => seesRegistry(caller, { access, claims, isImplicit: false }))
      .map(({ name }) => name);
  const mayPublish = (caller: Caller, name: string): boolean => {
    if (!caller.mayWrite || !caller.roles.has('manageEntries')) return false;
    try {
      requireNamespace(caller, name, settings);
      return true;
    } catch {
      return false;
    }
  };

  test('has no setting without effect', () => {
    expect(configuration.notes).toEqual([]);
  });

  test('an engineer sees what engineers see, and publishes only in their namespace', async () => {
    const caller = await callerWith(engineer);
    expect(visible(caller)).toEqual(['open', 'engineering']);
    expect([...caller.roles]).toEqual(['manageEntries']);
    expect(mayPublish(caller, 'com.example.engineering/search')).toBe(true);
    expect(mayPublish(caller, 'com.example.sales/search')).toBe(false);
  });

  test('another user sees what is public, and can’t publish', async () => {
    const caller = await callerWith(other);
    expect(visible(caller)).toEqual(['open']);
    expect(mayPublish(caller, 'com.example.engineering/search')).toBe(false);
  });

  test('an administrator can do everything', async () => {
    const caller = await callerWith(admin);
    expect(visible(caller)).toEqual(['open', 'engineering']);
    expect(caller).toMatchObject({ seesEverything: true, mayWrite: true });
    expect(mayPublish(caller, 'com.example.sales/search')).toBe(true);
  });

  test('a token for another audience or of another issuer is refused', async () => {
    await expect(callerWith(engineer, { audience: 'account' })).rejects.toThrow('audience');
    await expect(callerWith(engineer, { issuer: 'https://login.example.org' })).rejects.toThrow('issuer');
  });
});

test('Entra ID: an application, whose tokens have no scopes, has those of the configuration', async () => {
  const settings = atTestProvider(await load(FILES.get('Entra ID') ?? ''));
  const verifier = new TokenVerifier(settings, pino({ level: 'silent' }));
  const { common, engineer } = SHAPES['Entra ID'] ?? { common: {}, engineer: {} };
  const audience = settings.providers[0]?.audience ?? '';
  const application = { ...common, ...engineer, scp: undefined, idtyp: 'app' };
  const reader = { ...common, ...engineer, scp: 'Registry.Read' };
  expect((await verifier.callerOf(await identity.token(application, { audience }))).mayWrite).toBe(true);
  expect((await verifier.callerOf(await identity.token(reader, { audience }))).mayWrite).toBe(false);
  await verifier.close();
});

/** The settings of the file, with the issuer and keys of the test's provider. */
function atTestProvider({ auth }: Configuration): OAuthSettings {
  if (auth.mode !== 'oauth') throw new Error('The file turns authentication off');
  const providers = auth.providers.map((provider) => {
    const { token: _, jwksUrl, ...rest } = provider;
    const keys = jwksUrl === undefined ? {} : { jwksUrl: identity.jwksUrl };
    return { ...rest, ...keys, issuerUrl: identity.issuer, caFile: identity.caFile, allowPrivateIp: true };
  });
  return { ...auth, providers };
}
