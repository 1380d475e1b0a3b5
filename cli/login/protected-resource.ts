/** What a Rollcall says about whose tokens it takes: OAuth 2.0 Protected Resource Metadata (RFC 9728). */
import { isJsonObject, textsOf } from '../../registry/json.ts';
import { CommandFailure } from '../terminal/failure.ts';
import { unreachable } from '../server/unreachable.ts';

export interface ProtectedResource {
  /** What tokens for it are to name as their audience. */
  readonly resource: string;
  /** The issuers whose tokens it takes, at least one. */
  readonly authorizationServers: readonly string[];
  readonly scopes: readonly string[];
}

/**
 * Asks the server.
 *
 * @throws CommandFailure where nobody answers, where the server wants no login, and where it speaks for another one
 *   (RFC 9728 section 3.3): a token for that one must not get to this one
 */
export async function readProtectedResource(server: string): Promise<ProtectedResource> {
  const response = await fetch(metadataUrl(server)).catch((error: unknown) => {
    throw unreachable(server, error);
  });
  if (response.status === 404) {
    throw new CommandFailure(
      `${server} asks for no login: it has no authentication, and commands work without. If it should ask, check --server`,
    );
  }
  const document: unknown = response.ok ? await response.json().catch(() => undefined) : undefined;
  if (!isJsonObject(document)) {
    throw new CommandFailure(`${server} does not say how to log in (HTTP ${response.status}): is it a Rollcall?`);
  }
  return checked(server, document);
}

/** RFC 9728 section 3.1: between the host and the path. */
function metadataUrl(server: string): URL {
  const url = new URL(server);
  return new URL(`/.well-known/oauth-protected-resource${url.pathname.replace(/\/$/, '')}`, url);
}

function checked(server: string, document: Readonly<Record<string, unknown>>): ProtectedResource {
  const { resource } = document;
  const authorizationServers = textsOf(document['authorization_servers']);
  if (typeof resource !== 'string' || authorizationServers.length === 0) {
    throw new CommandFailure(`${server} does not say who issues tokens for it`);
  }
  if (!isSameUrl(resource, server)) {
    throw new CommandFailure(
      `${server} calls itself ${resource}: use \`rollcall login --server ${resource}\`, or correct \`auth.oauth.resourceUrl\` in its configuration`,
    );
  }
  return { resource, authorizationServers, scopes: textsOf(document['scopes_supported']) };
}

function isSameUrl(one: string, other: string): boolean {
  return URL.canParse(one) && comparable(one) === comparable(other);
}

function comparable(url: string): string {
  return new URL(url).href.replace(/\/$/, '');
}
