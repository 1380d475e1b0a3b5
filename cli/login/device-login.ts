/** Login on another device: OAuth 2.0 Device Authorization Grant (RFC 8628). */
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
  /** Additional request parameters: `scope`, `resource`, `audience`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Called with the code that the user must confirm. */
  readonly onCode: (code: DeviceAuthorizationResponse) => void;
}

/**
 * Requests a code, passes it to `onCode`, and waits until the user has confirmed it in a browser. The library handles
 * the polling interval.
 *
 * @throws CommandFailure if the login was denied, timed out, or isn't supported
 */
export async function logInByDevice(login: DeviceLogin): Promise<TokenEndpointResponse> {
  const { issuer, provider, parameters, onCode } = login;
  if (provider.serverMetadata().device_authorization_endpoint === undefined) {
    throw new CommandFailure(
      `${issuer} doesn't support login by device code (RFC 8628). Get a token another way and pass it with --token-file or ROLLCALL_TOKEN`,
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

/** RFC 8707 section 2.2: the token endpoint gets the resource as well. */
function resourceOf({ resource }: DeviceLogin['parameters']): Record<string, string> {
  return resource === undefined ? {} : { resource };
}

function refusals({ issuer, clientId, parameters }: DeviceLogin): Record<string, string> {
  const mayNotLogIn = `${issuer} doesn't allow the client "${clientId}" to log in by device code: check --client-id, and that the client is public and has the grant urn:ietf:params:oauth:grant-type:device_code`;
  return {
    invalid_client: mayNotLogIn,
    unauthorized_client: mayNotLogIn,
    invalid_scope: `${issuer} doesn't grant the client "${clientId}" the scope "${parameters['scope']}": choose another one with --scope`,
    invalid_target: `${issuer} doesn't issue tokens for ${parameters['resource']}: register the resource there, or omit it with --no-resource`,
  };
}
