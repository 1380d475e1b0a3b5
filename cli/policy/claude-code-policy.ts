/**
 * The policy for Claude Code's `policyHelper`: the current policy of the registry, or else the cached one, or else a
 * policy that allows nothing.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { ExportMode } from '../../registry/exports/target.ts';
import { isJsonObject, type JsonObject, parseJson } from '../../registry/json.ts';
import { readText, registryPath } from '../server/registry-reads.ts';
import { connectServer } from '../server/server-connection.ts';
import type { ServerOptions } from '../server/server-options.ts';
import { describeError } from '../../telemetry/describe-error.ts';

/** Claude Code refuses a larger answer and then doesn't start. */
const MAX_POLICY_BYTES = 1024 * 1024;

export interface PolicyRequest extends ServerOptions {
  readonly registry: string;
  readonly cache: string;
  readonly mode: ExportMode;
  /** How long to wait for the registry, in milliseconds. */
  readonly timeout: number;
}

export interface Policy {
  /** The output of the helper. */
  readonly policy: string;
  /** A message for users if the policy isn't current, or could not be cached. */
  readonly problem?: string;
}

/** Returns the policy, and never throws. */
export async function claudeCodePolicy(request: PolicyRequest): Promise<Policy> {
  const cached = await readCache(request);
  try {
    const signal = AbortSignal.timeout(request.timeout);
    // A login may have to be renewed first, which doesn't end with the signal.
    const fresh = await Promise.race([fetchPolicy(request, cached, signal), failureAfter(signal, request.timeout)]);
    if (fresh === cached) return { policy: policyText(cached) };
    const problem = await writeCache(request.cache, fresh);
    return { policy: policyText(fresh), ...(problem !== undefined && { problem }) };
  } catch (error) {
    const why = `The policy can't be read from ${request.server}: ${describeError(error)}`;
    if (cached !== null)
      return { policy: policyText(cached), problem: `${why}. Using the last policy, from ${cached.fetchedAt}` };
    return {
      policy: policyText({ settings: emptyPolicy(request.mode) }),
      problem: `${why}. There is no earlier one in ${request.cache}`,
    };
  }
}

async function failureAfter(signal: AbortSignal, milliseconds: number): Promise<never> {
  await once(signal, 'abort');
  throw new Error(`there was no answer within ${milliseconds} ms`);
}

interface CachedPolicy {
  /** Identifies the cached policy: each registry and mode has its own. */
  readonly asked: string;
  readonly etag: string | null;
  readonly fetchedAt: string;
  readonly settings: JsonObject;
}

function askedFor({ server, registry, mode }: PolicyRequest): string {
  return `${server.replace(/\/+$/, '')} ${registry} ${mode}`;
}

async function fetchPolicy(
  request: PolicyRequest,
  cached: CachedPolicy | null,
  signal: AbortSignal,
): Promise<CachedPolicy> {
  const connection = await connectServer(request);
  const { response, text } = await readText(
    connection,
    `${registryPath(request.registry)}/exports/claude-code-managed-settings?mode=${request.mode}`,
    {
      signal,
      headers: cached?.etag == null ? {} : { 'if-none-match': cached.etag },
    },
  );
  if (response.status === 304 && cached !== null) return cached;
  const settings = parseJson(text);
  if (!isJsonObject(settings)) throw new Error('the answer is not a JSON object');
  const fresh = {
    asked: askedFor(request),
    etag: response.headers.get('etag'),
    fetchedAt: new Date().toISOString(),
    settings,
  };
  const bytes = Buffer.byteLength(policyText(fresh));
  if (bytes > MAX_POLICY_BYTES)
    throw new Error(`the policy has ${bytes} bytes, but Claude Code accepts at most ${MAX_POLICY_BYTES}`);
  return fresh;
}

function policyText({ settings }: Pick<CachedPolicy, 'settings'>): string {
  return `${JSON.stringify({ managedSettings: settings })}\n`;
}

/** Until the registry has answered once, the approved servers are unknown. */
function emptyPolicy(mode: ExportMode): JsonObject {
  return mode === 'provide' ? { managedMcpServers: {} } : { allowManagedMcpServersOnly: true, allowedMcpServers: [] };
}

async function readCache(request: PolicyRequest): Promise<CachedPolicy | null> {
  const parsed = parseJson(await readFile(request.cache, 'utf8').catch(() => ''));
  if (!isJsonObject(parsed) || parsed['asked'] !== askedFor(request) || !isJsonObject(parsed['settings'])) return null;
  const { etag, fetchedAt, settings } = parsed;
  return {
    asked: askedFor(request),
    etag: typeof etag === 'string' ? etag : null,
    fetchedAt: String(fetchedAt),
    settings,
  };
}

/** Replaces the file atomically, so that helpers that run at the same time never read half a file. */
async function writeCache(file: string, policy: CachedPolicy): Promise<string | undefined> {
  const temporary = `${file}.${randomUUID()}`;
  try {
    await writeFile(temporary, JSON.stringify(policy), { mode: 0o644 });
    await rename(temporary, file);
    return undefined;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    return `The policy can't be cached in ${file}: ${describeError(error)}`;
  }
}
