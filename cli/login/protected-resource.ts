/** Reads which identity providers a server accepts: OAuth 2.0 Protected Resource Metadata (RFC 9728). */
import { isJsonObject, textsOf } from '../../registry/json.ts';
import { CommandFailure } from '../terminal/failure.ts';
import { unreachable } from '../server/server-errors.ts';

export interface ProtectedResource {
  /** The audience that tokens for the server must have. */
  readonly resource: string;
  /** The accepted issuers, at least one. */
  readonly authorizationServers: readonly string[];
  readonly scopes: readonly string[];
}

/**
 * Reads the metadata of a server.
 *
 * @throws CommandFailure if the server is unreachable, needs no login, or describes another resource (RFC 9728 section
 *   3.3): a token for that resource must not reach this server
 */
export async function readProtectedResource(server: string): Promise<ProtectedResource> {
  const response = await fetch(metadataUrl(server)).catch((error: unknown) => {
    throw unreachable(server, error);
  });
  if (response.status === 404) {
    throw new CommandFailure(
      `${server} doesn't require a login: it runs without authentication. If that's unexpected, check --server`,
    );
  }
  const document: unknown = response.ok ? await response.json().catch(() => undefined) : undefined;
  if (!isJsonObject(document)) {
    throw new CommandFailure(
      `${server} returned no login metadata (HTTP ${response.status}): is it a Rollcall server?`,
    );
  }
  return checked(server, document);
}

/** RFC 9728 section 3.1: the well-known path goes between the host and the path. */
function metadataUrl(server: string): URL {
  const url = new URL(server);
  return new URL(`/.well-known/oauth-protected-resource${url.pathname.replace(/\/$/, '')}`, url);
}

function checked(server: string, document: Readonly<Record<string, unknown>>): ProtectedResource {
  const { resource } = document;
  const authorizationServers = textsOf(document['authorization_servers']);
  if (typeof resource !== 'string' || authorizationServers.length === 0) {
    throw new CommandFailure(`${server} doesn't name an identity provider`);
  }
  if (!(URL.canParse(resource) && comparable(resource) === comparable(server))) {
    throw new CommandFailure(
      `${server} identifies itself as ${resource}: use \`rollcall login --server ${resource}\`, or correct \`auth.oauth.resourceUrl\` in its configuration`,
    );
  }
  return { resource, authorizationServers, scopes: textsOf(document['scopes_supported']) };
}

function comparable(url: string): string {
  return new URL(url).href.replace(/\/$/, '');
}
