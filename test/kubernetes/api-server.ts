/** A real API server on etcd, without a cluster: everything that a source of servers needs. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { inject } from 'vitest';
import { findFreePort, LOOPBACK } from '../../embedded/free-port.ts';
import { type GuardedProcess, lastLogLines, startGuarded } from '../../embedded/guarded-process.ts';
import type { ApiServerPrograms, NoApiServer } from './api-server-programs.ts';
import { TcpProxy } from './tcp-proxy.ts';

const READY_WITHIN_MS = 60_000;

/** The programs. The first test that asks may have to wait until they are built. */
export function askForPrograms(): Promise<ApiServerPrograms | NoApiServer> {
  return new Promise((resolve, reject) => {
    // Not fetch, which gives up after five minutes.
    const asking = get(`${inject('testServers')}/kubernetes-api-server`, (response) => {
      response.setEncoding('utf8');
      let text = '';
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(JSON.parse(text) as ApiServerPrograms | NoApiServer));
    });
    asking.on('error', reject);
  });
}

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** The content of a request, with its media type. */
export interface Content {
  readonly json: unknown;
  /** Default `application/json`. */
  readonly type?: string;
}

interface Ports {
  readonly etcd: number;
  readonly peer: number;
  readonly api: number;
}

export class ApiServer {
  readonly #programs: ApiServerPrograms;
  readonly #folder: string;
  readonly #ports: Ports;
  readonly #adminToken = randomBytes(16).toString('hex');
  #etcd!: GuardedProcess;
  #server!: GuardedProcess;
  #agent!: Agent;
  /** The proxy that sources connect to, whose connections can be interrupted. */
  proxy!: TcpProxy;

  private constructor(programs: ApiServerPrograms, folder: string, ports: Ports) {
    this.#programs = programs;
    this.#folder = folder;
    this.#ports = ports;
  }

  static async start(programs: ApiServerPrograms): Promise<ApiServer> {
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-kubernetes-'));
    const [etcd, peer, api] = [await findFreePort(), await findFreePort(), await findFreePort()];
    const server = new ApiServer(programs, folder, { etcd, peer, api });
    await mkdir(join(folder, 'certs'));
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await writeFile(join(folder, 'sa.key'), privateKey.export({ type: 'sec1', format: 'pem' }));
    await writeFile(join(folder, 'tokens.csv'), `${server.#adminToken},admin,1,"system:masters"\n`);
    server.#etcd = await server.#startEtcd();
    await server.startServer();
    server.proxy = await TcpProxy.start(api);
    return server;
  }

  /** `certs/apiserver.crt` is its own authority. */
  get certificate(): string {
    return join(this.#folder, 'certs', 'apiserver.crt');
  }

  /** The issuer of service accounts' tokens; the API itself, without the proxy. */
  get issuer(): string {
    return `https://${LOOPBACK}:${this.#ports.api}`;
  }

  /** A path for a file that belongs to the server. */
  file(name: string): string {
    return join(this.#folder, name);
  }

  async startServer(): Promise<void> {
    const { api } = this.#ports;
    this.#server = await this.#startProgram('kube-apiserver', this.#programs.kubeApiserver, [
      `--etcd-servers=http://${LOOPBACK}:${this.#ports.etcd}`,
      `--bind-address=${LOOPBACK}`,
      `--advertise-address=${LOOPBACK}`,
      `--secure-port=${api}`,
      `--cert-dir=${join(this.#folder, 'certs')}`,
      '--service-cluster-ip-range=10.0.0.0/24',
      `--service-account-issuer=${this.issuer}`,
      `--service-account-key-file=${join(this.#folder, 'sa.key')}`,
      `--service-account-signing-key-file=${join(this.#folder, 'sa.key')}`,
      `--token-auth-file=${join(this.#folder, 'tokens.csv')}`,
      '--authorization-mode=RBAC',
      '--disable-admission-plugins=ServiceAccount',
    ]);
    await this.#untilReady();
  }

  /** Abruptly, like a machine that crashes. */
  async kill(): Promise<void> {
    process.kill(this.#server.pid, 'SIGKILL');
    await this.#server.ended;
    await this.#agent.destroy();
  }

  async stop(): Promise<void> {
    await this.proxy.stop();
    await this.kill();
    process.kill(this.#etcd.pid, 'SIGKILL');
    await this.#etcd.ended;
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** The kubeconfig of the administrator, without the proxy. */
  adminKubeconfig(): string {
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'admin',
      contexts: [{ name: 'admin', context: { cluster: 'test', user: 'admin' } }],
      clusters: [{ name: 'test', cluster: { server: this.issuer, 'certificate-authority': this.certificate } }],
      users: [{ name: 'admin', user: { token: this.#adminToken } }],
    });
  }

  /** Sends a request as the administrator, without the proxy. */
  async ask(method: string, path: string, content?: Content): Promise<Answer> {
    const response = await request(`${this.issuer}${path}`, {
      method: method as 'GET',
      dispatcher: this.#agent,
      headers: {
        authorization: `Bearer ${this.#adminToken}`,
        'content-type': content?.type ?? 'application/json',
      },
      ...(content !== undefined && { body: JSON.stringify(content.json) }),
    });
    const text = await response.body.text();
    const isJson = String(response.headers['content-type']).includes('json');
    return { status: response.statusCode, body: isJson ? (JSON.parse(text) as Answer['body']) : { text } };
  }

  /** Like `ask`, but anything except success fails the test. */
  async do(method: string, path: string, content?: Content): Promise<Answer['body']> {
    const answer = await this.ask(method, path, content);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async #startEtcd(): Promise<GuardedProcess> {
    const client = `http://${LOOPBACK}:${this.#ports.etcd}`;
    const peer = `http://${LOOPBACK}:${this.#ports.peer}`;
    return await this.#startProgram('etcd', this.#programs.etcd, [
      `--data-dir=${join(this.#folder, 'etcd')}`,
      '--name=test',
      '--unsafe-no-fsync',
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=test=${peer}`,
    ]);
  }

  async #startProgram(name: string, command: string, arguments_: readonly string[]): Promise<GuardedProcess> {
    return await startGuarded({
      command,
      arguments: arguments_,
      environment: {},
      stopSignal: 'TERM',
      logFile: join(this.#folder, `${name}.log`),
      pidFile: join(this.#folder, `${name}.pid`),
    });
  }

  async #untilReady(): Promise<void> {
    const deadline = Date.now() + READY_WITHIN_MS;
    for (;;) {
      const ready = await this.#isReady().catch(() => false);
      if (ready) return;
      if (Date.now() > deadline) {
        throw new Error(`kube-apiserver is not ready: ${await lastLogLines(this.file('kube-apiserver.log'))}`);
      }
      await delay(50);
    }
  }

  async #isReady(): Promise<boolean> {
    // The server writes it when it first starts.
    this.#agent = new Agent({ connect: { ca: await readFile(this.certificate) } });
    const { status } = await this.ask('GET', '/readyz');
    if (status !== 200) await this.#agent.destroy();
    return status === 200;
  }
}
