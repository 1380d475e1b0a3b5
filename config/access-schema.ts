/** Who may do what, as it is written: authentication, roles, and claims on sources and registries. */

import { z } from 'zod';

import { isClaims } from '../registry/claims.ts';
import { ROLES } from '../registry/roles.ts';
import type { Role } from '../registry/roles.ts';
import { isJsonObject, type JsonObject } from '../registry/json.ts';
import { mapping, mappingsOf, namedList, withRule } from './mapping.ts';
import type { Report } from './mapping.ts';
import { filePath, secureUrl, serverNamePattern, text, tooLong } from './scalars.ts';

/** Claims of one map, and values of one claim. */
const MAX_CLAIMS = 200;

const claimName = z.string().min(1, 'is empty: name a claim of the token').max(255, tooLong(255));
const claimValue = z.string().max(1_000, tooLong(1_000));

/** A map without members would ask for nothing, which reads as if it let everybody in. */
function claimMap(whyNotEmpty: string): z.ZodType<Record<string, string | string[]>> {
  return z
    .record(claimName, z.union([claimValue, z.array(claimValue).max(MAX_CLAIMS)]))
    .refine((claims) => Object.keys(claims).length > 0, `is empty: ${whyNotEmpty}`)
    .refine((claims) => Object.keys(claims).length <= MAX_CLAIMS, `has more than ${MAX_CLAIMS} claims`)
    .refine(isClaims, 'holds a character that no token could hold: NUL, or half of a surrogate pair')
    .meta({ minProperties: 1 });
}

/** Of a source, a registry, or both in the older form of the file. */
export const claims = claimMap('leave `claims` out, or name a claim that a reader must hold')
  .exactOptional()
  .describe('Claims that a reader must hold: all of them, and of a list any one value');

export const access = z
  .enum(['protected', 'public'])
  .default('protected')
  .describe('`public`: read without a token. Default `protected`');

/** What is public is read by those who send no token, and have no claims. */
export function checkAccess(registry: JsonObject, report: Report): void {
  if (registry['access'] === 'public' && registry['claims'] !== undefined) {
    report(['claims'], 'contradicts `access: public`, which asks for no token: leave one of the two out');
  }
}

const PROVIDERS_TO_WRITE = 'providers: [{name: …, issuerUrl: https://…, audience: …}]';
const WHERE_ANONYMOUS = 'where everybody who reaches the server may do everything';
const OR_ANONYMOUS = `or \`mode: anonymous\` ${WHERE_ANONYMOUS}`;

/** RFC 6749, section 3.3. */
const scope = z
  .string()
  .regex(
    /^[\u0021\u0023-\u005B\u005D-\u007E]+$/,
    'expected one scope, without spaces and quotes, as in `registry:write`',
  );

const provider = withRule(
  mapping({
    name: text.describe('For messages and logs'),
    issuerUrl: secureUrl.describe('What the claim `iss` of a token must be'),
    audience: text.describe('What the claim `aud` of a token must be or contain'),
    jwksUrl: secureUrl.exactOptional().describe('Of the keys. Default: found by discovery from issuerUrl'),
    clientId: text.exactOptional().describe('Of Rollcall at the provider, for introspection'),
    clientSecretFile: filePath.exactOptional().describe('File that holds the secret of clientId'),
    caCertPath: filePath.exactOptional().describe('Certificate authorities (PEM). Default: those of the system'),
    authTokenFile: filePath.exactOptional().describe('File that holds a bearer token for requests to the provider'),
    introspectionUrl: secureUrl.exactOptional().describe('RFC 7662, for tokens that are no JWT'),
    allowPrivateIP: z.boolean().default(false).describe('Whether its URLs may lead to private addresses'),
    scopes: z.array(scope).default([]).describe('Scopes of tokens that carry none themselves. Default none'),
  }),
  ({ clientId, clientSecretFile }, report) => {
    if (clientSecretFile !== undefined && clientId === undefined) {
      report(['clientId'], 'is missing: `clientSecretFile` needs it');
    }
  },
);

const oauth = withRule(
  mapping({
    resourceUrl: secureUrl.exactOptional().describe('URL under which clients know this server (RFC 9728)'),
    realm: text
      .regex(/^[\u0020-\u007E]+$/, 'expected ASCII: it is sent in a header')
      .default('mcp-registry')
      .describe('Default `mcp-registry`'),
    scopesSupported: z
      .array(scope)
      .exactOptional()
      .describe('Scopes that clients are told of. Default `mcp-registry:read` and the writeScope'),
    writeScope: scope
      .default('mcp-registry:write')
      .describe('Scope that a token needs for changes. Default `mcp-registry:write`'),
    providers: namedList(provider, `write \`${PROVIDERS_TO_WRITE}\`, ${OR_ANONYMOUS}`)
      .exactOptional()
      .describe('Who vouches for tokens'),
  }),
  ({ providers }, report) => checkIssuers(providers, report),
);

/** A token is judged by the one provider that it names as its issuer. */
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
      `is that of \`${String(seen.get(issuer))}\` already, which judges all tokens of this issuer: give them one audience`,
    );
  }
}

const publicPath = z
  .string()
  .regex(/^\/(?!\/)(?:[^\s?#%\\]*[^\s?#%\\/])?\/?$/, 'expected a path such as `/registry/catalog/v0.1`')
  .refine(
    (path) => path !== '/',
    'would show everything to everybody: write `access: public` at registries that all may read',
  )
  .refine((path) => !/\/\.{1,2}(?:\/|$)/.test(path), 'expected a path without `.` and `..`');

const roleHolders = z
  .array(claimMap('it would give the role to whoever has a token; name a claim'))
  .default([])
  .describe('Maps of claims: who holds all claims of one of them has the role');

const namespaceRule = mapping({
  claims: claimMap('name the claims of those who may publish these names'),
  names: z
    .array(serverNamePattern)
    .min(1, 'is empty: name at least one name or glob')
    .describe('Globs over whole server names; `*` crosses `/`'),
});

const authz = mapping({
  roles: mapping(
    Object.fromEntries(ROLES.map((role) => [role, roleHolders])) as Record<Role, typeof roleHolders>,
  ).prefault({}),
  namespaces: z
    .array(namespaceRule)
    .exactOptional()
    .describe('Who may publish which names. Default: whoever has the role, any name'),
});

export const auth = withRule(
  mapping(
    {
      mode: z.enum(['oauth', 'anonymous']).default('oauth').describe('Default `oauth`'),
      publicPaths: z.array(publicPath).default([]).describe('Paths that need no token, with everything below them'),
      oauth: oauth.exactOptional(),
      authz: authz.exactOptional().describe('Roles and claims. Default: whoever has a token may do everything'),
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
