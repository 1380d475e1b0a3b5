/** Signing in to the console, according to the settings of authentication. */
import type { OAuthSettings } from '../../config/model.ts';
import type { Database } from '../../db/connection/database.ts';
import { ConsoleAtProvider, type ConsoleProvider } from './console-client.ts';
import type { SignInOptions } from './endpoints.ts';
import { SealedValues } from './sealed-values.ts';
import { createSessionKeys } from './session-keys.ts';
import { Sessions } from './sessions.ts';
import { siteAt } from './site.ts';

export interface SignIn extends SignInOptions {
  close(): Promise<void>;
}

/** The providers that users can sign in with, in the order of the configuration. */
export function consoleProviders({ providers }: OAuthSettings): readonly ConsoleProvider[] {
  return providers.flatMap((provider) =>
    provider.console === undefined ? [] : [{ ...provider, console: provider.console }],
  );
}

/** Creates the sign-in; undefined if no provider has a client for the console. */
export function createSignIn(
  settings: OAuthSettings,
  { database, logger, verifyToken }: Pick<SignInOptions, 'logger' | 'verifyToken'> & { readonly database: Database },
): SignIn | undefined {
  const configured = consoleProviders(settings);
  // The configuration requires the URL together with such a provider.
  if (configured.length === 0 || settings.resourceUrl === undefined) return undefined;
  const site = siteAt(settings.resourceUrl);
  const sessions = new Sessions(site, new SealedValues(createSessionKeys(settings, database)));
  const providers = configured.map((provider) => new ConsoleAtProvider(provider, site, settings));
  return {
    sessions,
    providers,
    verifyToken,
    logger,
    close: async () => void (await Promise.all(providers.map((provider) => provider.close()))),
  };
}
