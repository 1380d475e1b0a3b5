/** What logins leave behind: one file for all servers, which only its owner may read. */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { takeFileLock } from '../../embedded/file-lock.ts';
import { CommandFailure, describeError } from '../terminal/failure.ts';

/** The part of a login that changes with every refresh. */
export interface StoredTokens {
  readonly accessToken: string;
  /** ISO 8601; absent where the provider did not say. */
  readonly expiresAt?: string;
  readonly refreshToken?: string;
}

export interface StoredLogin extends StoredTokens {
  readonly issuer: string;
  readonly clientId: string;
  /** What the tokens are for (RFC 8707); absent where the provider was not told. */
  readonly resource?: string;
  /** Certificate authorities that the login trusted beside those of the system: an absolute path. */
  readonly caFile?: string;
}

/** By the base URL of the server. */
type StoredLogins = Record<string, StoredLogin>;

/** A token is not sent in its last seconds: it would have expired when it arrives, or by the server's clock. */
const EXPIRES_EARLY_MS = 30_000;

/** Longer than a refresh may take. */
const LOCK_PATIENCE_MS = 30_000;

export async function readLogin(server: string): Promise<StoredLogin | undefined> {
  return (await readLogins())[server];
}

export function hasExpired({ expiresAt }: StoredTokens): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) - EXPIRES_EARLY_MS < Date.now();
}

/**
 * Changes what is stored, while no other process does. The file is replaced as a whole, so that who reads it meanwhile
 * sees either state.
 */
export async function changeLogins<Result>(change: (logins: StoredLogins) => Promise<Result>): Promise<Result> {
  const folder = credentialsFolder();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const lock = takeFileLock(join(folder, 'credentials.lock'), LOCK_PATIENCE_MS);
  if (lock === undefined) throw new CommandFailure(`Another rollcall has ${credentialsFile()} locked: try again`);
  try {
    const logins = await readLogins();
    const result = await change(logins);
    await writeLogins(logins);
    return result;
  } finally {
    lock.release();
  }
}

async function readLogins(): Promise<StoredLogins> {
  const path = credentialsFile();
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{"servers": {}}';
    throw new CommandFailure(`${path} can't be read: ${describeError(error)}`);
  });
  try {
    return (JSON.parse(text) as { servers: StoredLogins }).servers;
  } catch {
    // Without the cause, which quotes the text.
    throw new CommandFailure(`${path} is damaged: remove it, and log in again`);
  }
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
