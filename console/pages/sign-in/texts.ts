import type { SignInFailure } from '../../../api/sign-in/endpoints.ts';

export const texts = {
  title: 'Sign in',
  choose: 'Choose how to sign in. You will return to the page you came from.',
  with: (provider: string) => `Sign in with ${provider}`,
  none: 'This server has no sign-in',
  noneHint:
    'Its configuration has no identity provider with a client for the console, so only public registries can be read here.',
  off: 'Authentication is off',
  offHint: 'Anyone who can reach this server can do everything. There is no sign-in.',
  signedIn: (name: string) => `You are signed in as ${name}`,
  goOn: 'Continue',
  failed: 'The sign-in failed',
  failures: {
    denied: 'The identity provider did not allow the sign-in, or it was cancelled.',
    expired: 'The sign-in took too long, or began in another window. Try again.',
    rejected:
      'You signed in, but this server does not accept the token of the identity provider. Ask the operator to check the audience; the log has the details.',
    'too-large':
      'You signed in, but the token is too large for the cookies of a browser. Ask the operator to put fewer claims into it.',
    unavailable: 'The identity provider does not answer. Try again later.',
    failed: 'Something went wrong during sign-in. Try again; the log of the server has the details.',
  } satisfies Record<SignInFailure, string>,
} as const;
