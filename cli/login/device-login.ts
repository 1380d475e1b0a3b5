/** Logging in on another device than the one that gets the token: OAuth 2.0 Device Authorization Grant (RFC 8628). */
import {
  type Configuration,
  type DeviceAuthorizationResponse,
  initiateDeviceAuthorization,
  pollDeviceAuthorizationGrant,
  type TokenEndpointResponse,
} from 'openid-client';
import { CommandFailure } from '../terminal/failure.ts';
import { askProvider } from './identity-provider.ts';

export interface DeviceLogin {
  readonly issuer: string;
  readonly clientId: string;
  readonly provider: Configuration;
  /** What is asked for beside the login itself: `scope`, `resource`, `audience`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Called with the code, for the person to confirm. */
  readonly onCode: (code: DeviceAuthorizationResponse) => void;
}

/**
 * Asks for a code, hands it over, and waits until somebody has confirmed it in a browser. How often it asks, also when
 * told to slow down, is the library's part.
 *
 * @throws CommandFailure where it was denied, not confirmed in time, or never possible
 */
export async function logInByDevice(login: DeviceLogin): Promise<TokenEndpointResponse> {
  const { issuer, provider, parameters, onCode } = login;
  if (provider.serverMetadata().device_authorization_endpoint === undefined) {
    throw new CommandFailure(
      `${issuer} offers no login by device code (RFC 8628). Get a token from it in another way, and give it by --token-file or ROLLCALL_TOKEN`,
    );
  }
  const code = await askProvider(issuer, refusals(login), () => initiateDeviceAuthorization(provider, parameters));
  onCode(code);
  const inTime = AbortSignal.timeout(code.expires_in * 1000);
  const tooLate = 'The code was not confirmed in time: run `rollcall login` again';
  return askProvider(
    issuer,
    { ...refusals(login), access_denied: 'The login was denied', expired_token: tooLate },
    async () => {
      try {
        return await pollDeviceAuthorizationGrant(provider, code, resourceOf(parameters), { signal: inTime });
      } catch (error) {
        throw inTime.aborted ? new CommandFailure(tooLate) : error;
      }
    },
  );
}

/** RFC 8707 section 2.2: the resource is named to the token endpoint as well. */
function resourceOf({ resource }: DeviceLogin['parameters']): Record<string, string> {
  return resource === undefined ? {} : { resource };
}

function refusals({ issuer, clientId, parameters }: DeviceLogin): Record<string, string> {
  const mayNotLogIn = `${issuer} does not let the client "${clientId}" log in by device code: check --client-id, and that the client is public and may use the grant urn:ietf:params:oauth:grant-type:device_code`;
  return {
    invalid_client: mayNotLogIn,
    unauthorized_client: mayNotLogIn,
    invalid_scope: `${issuer} does not give the client "${clientId}" the scope "${parameters['scope']}": choose another one with --scope`,
    invalid_target: `${issuer} issues no tokens for ${parameters['resource']}: register it there, or leave it out with --no-resource`,
  };
}
