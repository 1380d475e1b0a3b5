/** The service endpoints of the MCP Registry API. They describe this server, not one registry. */
import type { RequestHandler } from 'express';
import type { ApiContext } from '../context.ts';

/** The process answers requests. The reply has no `github_client_id`: this registry has no login with GitHub. */
export const getHealth: RequestHandler = (_request, response) => {
  response.json({ status: 'ok' });
};

export const ping: RequestHandler = (_request, response) => {
  response.json({ pong: true });
};

/** The build, with the member names of the official registry. */
export function getVersion({ software }: Pick<ApiContext, 'software'>): RequestHandler {
  return (_request, response) => {
    response.json({ version: software.version, git_commit: software.commit, build_time: software.buildDate });
  };
}
