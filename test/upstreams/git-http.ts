/** Git repositories over HTTP: git's own `http-backend`, or the repository's plain files like on an old server. */
import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface GitHttpOptions {
  /** The folder with the repositories. */
  readonly root: string;
  /** Required for each request, if given. */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Plain files instead of git's protocol. */
  readonly dumb?: boolean;
  /** Requests are not answered while this returns true. */
  readonly silent?: () => boolean;
  /** The port. Default: any free one. */
  readonly port?: number;
}

export interface GitHttpServer {
  readonly url: (repository: string) => string;
  /** Method and path with query of each request so far. */
  readonly requests: string[];
  /** Bytes sent so far. */
  readonly bytesSent: () => number;
  /** Open connections. */
  readonly connections: () => Promise<number>;
  close(): Promise<void>;
}

export async function startGitHttp(options: GitHttpOptions): Promise<GitHttpServer> {
  const requests: string[] = [];
  let bytesSent = 0;
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response.once('close', () => {
      bytesSent += request.socket.bytesWritten;
    });
    if (options.silent?.() === true) return;
    if (!isAllowed(request, options.credentials)) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end('denied');
    } else if (options.dumb === true) void sendFile(options.root, request, response);
    else runBackend(options.root, request, response);
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (repository) => `http://127.0.0.1:${port}/${repository}`,
    requests,
    bytesSent: () => bytesSent,
    connections: promisify(server.getConnections.bind(server)),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function isAllowed(request: IncomingMessage, credentials: GitHttpOptions['credentials']): boolean {
  if (credentials === undefined) return true;
  const { username, password } = credentials;
  return request.headers.authorization === `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

async function sendFile(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = join(root, new URL(request.url!, 'http://localhost').pathname);
  const stats = await stat(path).catch(() => null);
  if (stats?.isFile() !== true) response.writeHead(404).end();
  else createReadStream(path).pipe(response.writeHead(200, { 'content-length': stats.size }));
}

/** CGI (RFC 3875): the request in the environment and on stdin, the answer's headers before its body. */
function runBackend(root: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url!, 'http://localhost');
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_NOSYSTEM: '1',
      REQUEST_METHOD: request.method,
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: [request.headers['git-protocol']].flat()[0] ?? '',
    },
  });
  backend.stdin.on('error', () => {});
  request.pipe(backend.stdin);
  let head = Buffer.alloc(0);
  backend.stdout.on('data', (chunk: Buffer) => {
    if (response.headersSent) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) return;
    const headers = head
      .subarray(0, end)
      .toString()
      .split('\r\n')
      .map((line) => line.split(': ') as [string, string]);
    const status = headers.find(([name]) => name.toLowerCase() === 'status')?.[1] ?? '200';
    response.writeHead(Number.parseInt(status, 10), headers.filter(([name]) => name.toLowerCase() !== 'status').flat());
    response.write(head.subarray(end + 4));
  });
  backend.on('close', () => response.end());
}
