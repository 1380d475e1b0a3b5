/** What the HTTP server calls for each request. */
import type { RequestListener } from 'node:http';
import { createApp } from './app.ts';
import type { ApiContext } from './context.ts';

/**
 * Finds out who asks, and answers what is held in memory before Express comes into it, which would take longer than the
 * answer does.
 */
export function createRequestListener(context: ApiContext): RequestListener {
  const app = createApp(context);
  return (request, response) => {
    const answer = (): void => {
      if (!context.pages.sendAgain(request, response)) app(request, response);
    };
    const authenticated = context.access.authenticate(request);
    if (authenticated === undefined) answer();
    else void authenticated.then(answer);
  };
}
