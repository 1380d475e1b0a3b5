/** Schema of authentication, roles, and claims on sources and registries. */

import { z } from 'zod';

import { isClaims } from '../../registry/claims.ts';
import { type Role, ROLES } from '../../registry/roles.ts';
import { isJsonObject, type JsonObject } from '../../registry/json.ts';
import { mapping, mappingsOf, namedList, type Report, withRule } from './mapping.ts';
import { filePath, secureUrl, serverNamePattern, text, tooLong } from './scalars.ts';

/** Maximum number of claims in a map, and of values of a claim. */
const MAX_CLAIMS = 200;

const claimName = z.string().min(1, 'is empty: name a claim').max(255, tooLong(255));
const claimValue = z.string().max(1_000, tooLong(1_000));

/** An empty map would require nothing, which is probably a mistake. */
function claimMap(whyNotEmpty: string): z.ZodType<Record<string, string | string[]>> {
  return z
    .record(claimName, z.union([claimValue, z.array(claimValue).max(MAX_CLAIMS)]))
    .refine((claims) => Object.keys(claims).length > 0, `is empty: ${whyNotEmpty}`)
    .refine((claims) => Object.keys(claims).length <= MAX_CLAIMS, `has more than ${MAX_CLAIMS} claims`)
    .refine(isClaims, 'contains a character that no token can contain: NUL or an unpaired surrogate')
    .meta({ minProperties: 1 });
}

/** Claims of a source, of a registry, or of both in the `registries` generation of the file. */
export const claims = claimMap('remove `claims`, or name a claim that readers must hold')
  .exactOptional()
  .describe('Claims that readers must hold: all of them, and one value of each list');

export const access = z
  .enum(['protected', 'public'])
  .default('protected')
  .describe('`public`: readable without a token. Default `protected`');

/** A public registry is readable without a token, so it can't require claims. */
export function checkAccess(registry: JsonObject, report: Report): void {
  if (registry['access'] === 'public' && registry['claims'] !== undefined) {
    report(['claims'], 'contradicts `access: public`, which needs no token: remove one of the two');
  }
}

const PROVIDERS_TO_WRITE = 'providers: [{name: …, issuerUrl: https://…, audience: …}]';
const WHERE_ANONYMOUS = 'to let anyone who can reach the server do everything';
const OR_ANONYMOUS = `or \`mode: anonymous\` ${WHERE_ANONYMOUS}`;

/** RFC 6749, section 3.3. */
const scope = z
  .string()
  .regex(
    /^[\u0021\u0023-\u005B\u005D-\u007E]+$/,
    'expected one scope without spaces and quotes, such as `registry:write`',
  );

/** Parameters that sign-in sets itself. */
const OWN_PARAMETERS = /^(?:client_id|redirect_uri|response_type|response_mode|scope|state|nonce|code_challenge.*)$/;

const consoleClient = mapping({
  clientId: text.describe('Client ID of the console at the provider'),
  clientSecretFile: filePath.exactOptional().describe('File with the secret of clientId. Default: a public client'),
  scopes: z
    .array(scope)
    .exactOptional()
    .describe('Scopes to request. Default: `openid` and `scopesSupported`. `offline_access` keeps sessions longer'),
  parameters: z
    .record(
      z
        .string()
        .regex(/^[a-z_]{1,64}$/, 'expected a parameter of an authorization request, such as `audience`')
        .refine((name) => !OWN_PARAMETERS.test(name), 'is set by Rollcall itself'),
      text,
    )
    .exactOptional()
    .describe('Additional parameters of the requests. Default: `resource` with the audience, if that is a URL'),
});

const provider = withRule(
  mapping({
    name: text.describe('Name for messages and logs'),
    issuerUrl: secureUrl.describe('Required value of the `iss` claim'),
    audience: text.describe('Required value of the `aud` claim, or of one of its members'),
    jwksUrl: secureUrl.exactOptional().describe('URL of the signing keys. Default: discovered from issuerUrl'),
    clientId: text.exactOptional().describe('Client ID of Rollcall at the provider, for introspection'),
    clientSecretFile: filePath.exactOptional().describe('File with the secret of clientId'),
    caCertPath: filePath.exactOptional().describe("Certificate authorities (PEM). Default: the system's"),
    authTokenFile: filePath.exactOptional().describe('File with a bearer token for requests to the provider'),
    introspectionUrl: secureUrl.exactOptional().describe('Introspection endpoint (RFC 7662) for opaque tokens'),
    allowPrivateIP: z
      .boolean()
      .default(false)
      .describe('Whether URLs of the provider may resolve to private addresses'),
    scopes: z.array(scope).default([]).describe('Scopes of tokens without a scope claim. Default: none'),
    console: consoleClient.exactOptional().describe('Lets users sign in to the console with this provider'),
  }),
  ({ clientId, clientSecretFile }, report) => {
    if (clientSecretFile !== undefined && clientId === undefined) {
      report(['clientId'], 'is missing: `clientSecretFile` needs it');
    }
  },
);

const oauth = withRule(
  mapping({
    resourceUrl: secureUrl.exactOptional().describe('URL that clients use for this server (RFC 9728)'),
    realm: text
      .regex(/^[\u0020-\u007E]+$/, 'expected printable ASCII, because it is sent in a header')
      .default('mcp-registry')
      .describe('Default `mcp-registry`'),
    scopesSupported: z
      .array(scope)
      .exactOptional()
      .describe('Scopes advertised to clients. Default: `mcp-registry:read` and the writeScope'),
    writeScope: scope
      .default('mcp-registry:write')
      .describe('Scope required for changes. Default `mcp-registry:write`'),
    sessionSecretFile: filePath
      .exactOptional()
      .describe('File with secrets for the cookies of the console, one per line. Default: generated, in the database'),
    providers: namedList(provider, `write \`${PROVIDERS_TO_WRITE}\`, ${OR_ANONYMOUS}`)
      .exactOptional()
      .describe('Identity providers whose tokens are accepted'),
  }),
  ({ providers, resourceUrl }, report) => {
    checkIssuers(providers, report);
    const signsIn = mappingsOf(providers).some(([, written]) => written['console'] !== undefined);
    if (signsIn && resourceUrl === undefined) {
      report(['resourceUrl'], 'is missing: providers redirect users there after they sign in to the console');
    }
  },
);

/** The issuer of a token selects its provider, so issuers must be unique. */
function checkIssuers(providers: unknown, report: Report): void {
  const seen = new Map<string, unknown>();
  for (const [index, { name, issuerUrl }] of mappingsOf(providers)) {
    if (typeof issuerUrl !== 'string') continue;
    const issuer = issuerUrl.replace(/\/$/, '');
    if (!seen.has(issuer)) {
      seen.set(issuer, name);
      continue;
    }
    report(
      ['providers', index, 'issuerUrl'],
      `is the issuer of \`${String(seen.get(issuer))}\` already: configure each issuer once, with one audience`,
    );
  }
}

const publicPath = z
  .string()
  .regex(/^\/(?!\/)(?:[^\s?#%\\]*[^\s?#%\\/])?\/?$/, 'expected a path such as `/registry/catalog/v0.1`')
  .refine(
    (path) => path !== '/',
    'would make everything public: set `access: public` on the registries that everyone may read',
  )
  .refine((path) => !/\/\.{1,2}(?:\/|$)/.test(path), 'expected a path without `.` and `..`');

const roleHolders = z
  .array(claimMap('every token would grant the role; name a claim'))
  .default([])
  .describe('Maps of claims. Callers that hold all claims of one of the maps have the role');

const namespaceRule = mapping({
  claims: claimMap('name the claims that allow publishing these names'),
  names: z
    .array(serverNamePattern)
    .min(1, 'is empty: name at least one name or glob')
    .describe('Globs that match whole server names; `*` matches `/` as well'),
});

const authz = mapping({
  roles: mapping(
    Object.fromEntries(ROLES.map((role) => [role, roleHolders])) as Record<Role, typeof roleHolders>,
  ).prefault({}),
  namespaces: z
    .array(namespaceRule)
    .exactOptional()
    .describe('Which callers can publish which names. Default: callers with the role can publish any name'),
});

export const auth = withRule(
  mapping(
    {
      mode: z.enum(['oauth', 'anonymous']).default('oauth').describe('Default `oauth`'),
      publicPaths: z
        .array(publicPath)
        .default([])
        .describe('Paths that need no token, including everything below them'),
      oauth: oauth.exactOptional(),
      authz: authz.exactOptional().describe('Roles and claims. Default: any valid token allows everything'),
    },
    `is missing: write \`auth: {mode: oauth, oauth: {${PROVIDERS_TO_WRITE}}}\`, or \`auth: {mode: anonymous}\` ${WHERE_ANONYMOUS}`,
  ),
  ({ mode, oauth: settings }, report) => {
    if (mode !== undefined && mode !== 'oauth') return;
    if (settings === undefined)
      report(['oauth'], `is missing: write \`oauth: {${PROVIDERS_TO_WRITE}}\`, ${OR_ANONYMOUS}`);
    else if (isJsonObject(settings) && settings['providers'] === undefined) {
      report(['oauth', 'providers'], `is missing: write \`${PROVIDERS_TO_WRITE}\`, ${OR_ANONYMOUS}`);
    }
  },
).meta({
  if: { properties: { mode: { const: 'anonymous' } }, required: ['mode'] },
  else: { properties: { oauth: { required: ['providers'] } }, required: ['oauth'] },
});
