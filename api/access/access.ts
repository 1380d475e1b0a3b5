/** Authentication according to the configuration. */
import type { Logger } from 'pino';
import type { AuthSettings } from '../../config/model.ts';
import type { Database } from '../../db/connection/database.ts';
import { createSignIn, type SignIn } from '../sign-in/sign-in.ts';
import { admitEveryone, type Authenticate, authenticate } from './authenticate.ts';
import type { Caller } from './caller.ts';
import { TokenVerifier } from './tokens/token-verifier.ts';

export interface Access {
  readonly settings: AuthSettings;
  readonly authenticate: Authenticate;
  /** Signing in to the console; undefined if no provider has a client for it. */
  readonly signIn?: SignIn | undefined;
  /**
   * Checks a token that was not sent as a bearer token; undefined if authentication is off.
   *
   * @throws TokenRejected, ProviderUnavailable
   */
  readonly verifyToken?: (token: string) => Promise<Caller>;
  readonly close: () => Promise<void>;
}

export function createAccess(
  settings: AuthSettings,
  { database, logger }: { readonly database: Database; readonly logger: Logger },
): Access {
  if (settings.mode === 'anonymous') {
    return { settings, authenticate: admitEveryone, close: () => Promise.resolve() };
  }
  const tokens = new TokenVerifier(settings, logger);
  void tokens.prepare();
  const verifyToken = async (token: string): Promise<Caller> => await tokens.callerOf(token);
  const signIn = createSignIn(settings, { database, logger, verifyToken });
  return {
    settings,
    authenticate: authenticate({ settings, tokens, sessions: signIn?.sessions }),
    signIn,
    verifyToken,
    close: async () => {
      await tokens.close();
      await signIn?.close();
    },
  };
}
