/** Restricts sources that were created through the API to allowed hosts and secrets, at each access. */
import { realpath } from 'node:fs/promises';
import { isIP } from 'node:net';
import { Agent, type Dispatcher } from 'undici';
import type { OutboundSettings } from '../config/model.ts';
import { readSecret } from '../config/secrets.ts';
import { RollcallError } from '../registry/failure.ts';
import { withoutBrackets } from '../registry/loopback.ts';
import type { SecretReference } from '../registry/source-definition.ts';
import { isInside } from './admission.ts';
import { checkedLookup, lookUpReachable, type LookupRule, type Resolver, systemResolver } from './checked-lookup.ts';
import { OutboundRules } from './rules.ts';

const CONNECT_TIMEOUT_MS = 10_000;

export class OutboundGuard {
  /**
   * Connects only to allowed addresses, whatever a name resolves to by then. Never uses a proxy, which would resolve names
   * itself. `assertMayReach` checks addresses in a URL.
   */
  readonly dispatcher: Dispatcher;
  readonly settings: OutboundSettings;
  readonly #rules: OutboundRules;
  readonly #lookup: LookupRule;

  constructor(settings: OutboundSettings, resolve: Resolver = systemResolver) {
    this.settings = settings;
    this.#rules = new OutboundRules(settings);
    const mayReach = this.#rules.mayReach.bind(this.#rules);
    this.#lookup = { resolve, mayReach, refusal: forbiddenHost };
    this.dispatcher = new Agent({ connect: { timeout: CONNECT_TIMEOUT_MS, lookup: checkedLookup(this.#lookup) } });
  }

  /**
   * Call it before each request, and for each redirect.
   * @throws RollcallError `OutboundForbidden`
   */
  assertMayReach(url: URL): void {
    const fault = this.#rules.faultOf(url);
    if (fault !== null) throw forbidden(`${url.origin} ${fault}`);
  }

  /**
   * The allowed addresses of a host, for a program that must connect to no other. At least one; an address returns itself.
   * @throws RollcallError `OutboundForbidden`, or `UpstreamUnavailable` if the name can't be looked up
   */
  async addressesOf(host: string): Promise<readonly string[]> {
    const literal = withoutBrackets(host);
    if (isIP(literal) !== 0) {
      if (!this.#rules.mayReach(literal, literal)) throw forbiddenHost(host);
      return [literal];
    }
    try {
      return (await lookUpReachable(host, this.#lookup)).map(({ address }) => address);
    } catch (error) {
      if (error instanceof RollcallError) throw error;
      throw new RollcallError('UpstreamUnavailable', `the host name ${host} could not be looked up`, { cause: error });
    }
  }

  /** Reads the current value of a secret, if its location is allowed. */
  async readSecret(secret: SecretReference, setting: string): Promise<string> {
    if ('environment' in secret) throw forbidden("secrets in the server's environment can't be used");
    return await readSecret({ file: await this.locateSecret(secret.file, setting) }, setting);
  }

  /**
   * The path of a secret file after all links are resolved.
   * @throws RollcallError `OutboundForbidden` if it is outside the folder for secrets or doesn't exist; the error is the same, so
   * that it doesn't reveal which files exist
   */
  async locateSecret(path: string, setting: string): Promise<string> {
    const { secretsFolder } = this.settings;
    if (secretsFolder !== undefined && isInside(secretsFolder, path)) {
      const [folder, file] = await Promise.all([secretsFolder, path].map((one) => realpath(one).catch(() => null)));
      if (folder != null && file != null && isInside(folder, file)) return file;
    }
    throw forbidden(`the file ${path} (\`${setting}\`) is not in the folder \`outbound.secretsFolder\``);
  }
}

function forbiddenHost(host: string): RollcallError {
  return forbidden(`${host} resolves to an address that is not public, and that \`outbound.allow\` does not list`);
}

export function forbidden(what: string): RollcallError {
  return new RollcallError('OutboundForbidden', `not allowed for a source that was created through the API: ${what}`);
}
