/** Stored logins: one file for all servers, readable by its owner only. */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { TokenEndpointResponse } from 'openid-client';
import { type FileLock, takeFileLock } from '../../embedded/file-lock.ts';
import { isJsonObject, parseJson } from '../../registry/json.ts';
import { describeError } from '../../telemetry/describe-error.ts';
import { CommandFailure } from '../terminal/failure.ts';

/** The part of a login that changes with every refresh. */
export interface StoredTokens {
  readonly accessToken: string;
  /** The expiry time (ISO 8601); absent if the provider didn't say. */
  readonly expiresAt?: string;
  readonly refreshToken?: string;
}

export interface StoredLogin extends StoredTokens {
  readonly issuer: string;
  readonly clientId: string;
  /** The resource that was requested (RFC 8707); absent if none was. */
  readonly resource?: string;
  /** Absolute path of the additional certificate authorities that the login trusted. */
  readonly caFile?: string;
}

/** The part of a token endpoint's answer that is stored. */
export function storedTokens({ access_token, expires_in, refresh_token }: TokenEndpointResponse): StoredTokens {
  return {
    accessToken: access_token,
    ...(expires_in !== undefined && { expiresAt: new Date(Date.now() + expires_in * 1000).toISOString() }),
    ...(refresh_token !== undefined && { refreshToken: refresh_token }),
  };
}

/** The logins by the base URL of their server. */
type StoredLogins = Record<string, StoredLogin>;

/** Tokens count as expired slightly early, to allow for network latency and clock skew. */
const EXPIRES_EARLY_MS = 30_000;

/** How long to wait for the lock: longer than a refresh takes. */
const LOCK_PATIENCE_MS = 30_000;
const LOCK_POLL_MS = 50;

export async function readLogin(server: string): Promise<StoredLogin | undefined> {
  return (await readLogins())[server];
}

export function hasExpired({ expiresAt }: StoredTokens): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) - EXPIRES_EARLY_MS < Date.now();
}

/**
 * Changes the stored logins under a lock. The file is replaced atomically, so concurrent readers see the old or the new
 * state.
 */
export async function changeLogins<Result>(change: (logins: StoredLogins) => Promise<Result>): Promise<Result> {
  const folder = credentialsFolder();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const lock = await lockLogins(join(folder, 'credentials.lock'));
  try {
    const logins = await readLogins();
    const result = await change(logins);
    await writeLogins(logins);
    return result;
  } finally {
    lock.release();
  }
}

async function lockLogins(file: string): Promise<FileLock> {
  const end = Date.now() + LOCK_PATIENCE_MS;
  for (;;) {
    const lock = takeFileLock(file);
    if (lock !== undefined) return lock;
    if (Date.now() > end)
      throw new CommandFailure(`Another rollcall process has locked ${credentialsFile()}: try again`);
    await delay(LOCK_POLL_MS);
  }
}

async function readLogins(): Promise<StoredLogins> {
  const path = credentialsFile();
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{"servers": {}}';
    throw new CommandFailure(`Can't read ${path}: ${describeError(error)}`);
  });
  const content = parseJson(text);
  if (isJsonObject(content) && isJsonObject(content['servers'])) return content['servers'] as StoredLogins;
  // Don't quote the text: it contains tokens.
  throw new CommandFailure(`${path} is damaged: delete it and log in again`);
}

async function writeLogins(servers: StoredLogins): Promise<void> {
  const path = credentialsFile();
  const temporary = `${path}.${randomUUID()}`;
  try {
    await writeFile(temporary, `${JSON.stringify({ servers }, null, 2)}\n`, { mode: 0o600, flush: true });
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

function credentialsFile(): string {
  return join(credentialsFolder(), 'credentials.json');
}

function credentialsFolder(): string {
  return join(process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'rollcall');
}
