/** Who is let in: what the settings of authentication come to. */
import { type RequestHandler, Router } from 'express';
import type { Logger } from 'pino';
import type { AuthSettings } from '../../config/model.ts';
import type { Database } from '../../db/connection/database.ts';
import type { RegistryDirectory } from '../registry-directory.ts';
import { createSignIn } from '../sign-in/sign-in.ts';
import { admitEverybody, type Authenticate, authenticate } from './authenticate.ts';
import type { Caller } from './caller.ts';
import { gate } from './gate.ts';
import { protectedResourceMetadata } from './protected-resource.ts';
import { TokenVerifier } from './tokens/token-verifier.ts';

export interface Access {
  readonly settings: AuthSettings;
  /** To come before everything else. */
  readonly authenticate: Authenticate;
  /** To come before all routes: lets through whom they may answer. */
  readonly gate: RequestHandler;
  /** What clients read to get a token. */
  readonly metadata: RequestHandler;
  /** Signing in to the console and out again. */
  readonly signIn: RequestHandler;
  /**
   * Checks a token that did not come as a bearer token. Undefined where authentication is off.
   *
   * @throws TokenRejected, ProviderUnavailable
   */
  readonly verifyToken?: (token: string) => Promise<Caller>;
  readonly close: () => Promise<void>;
}

export function createAccess(
  settings: AuthSettings,
  { database, registries, logger }: { database: Database; registries: RegistryDirectory; logger: Logger },
): Access {
  if (settings.mode === 'anonymous') {
    const nothing = Router();
    return {
      settings,
      authenticate: admitEverybody,
      gate: nothing,
      metadata: nothing,
      signIn: nothing,
      close: () => Promise.resolve(),
    };
  }
  const tokens = new TokenVerifier(settings, logger);
  void tokens.prepare();
  const verifyToken = async (token: string): Promise<Caller> => await tokens.callerOf(token);
  const signIn = createSignIn(settings, { database, logger, verifyToken });
  return {
    settings,
    authenticate: authenticate({ settings, tokens, sessions: signIn?.sessions }),
    gate: gate(settings, registries),
    metadata: protectedResourceMetadata(settings),
    signIn: signIn?.routes ?? Router(),
    verifyToken,
    close: async () => {
      await tokens.close();
      await signIn?.close();
    },
  };
}
