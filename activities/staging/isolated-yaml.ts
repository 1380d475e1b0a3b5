/**
 * Converts YAML documents in isolation. The parser needs up to several hundred times the memory of a document, and quadratic time
 * for some. A large document is converted in a thread with its own limits, so that only its own sync can fail.
 */
import { Worker } from 'node:worker_threads';
import { Turns } from '../../pacing/turns.ts';
import { RollcallError } from '../../registry/failure.ts';
import { type ConvertedYaml, yamlToJson } from '../../registry/document/yaml.ts';
import type { YamlAnswer } from './yaml-thread.ts';

export interface YamlLimits {
  /** The heap of the thread, in MiB. A well-formed registry document of 8 MiB needs about 480 MiB. */
  readonly heapMiB: number;
  /** Longest conversion of one document, in milliseconds. */
  readonly timeoutMs: number;
}

const LIMITS: YamlLimits = { heapMiB: 512, timeoutMs: 60_000 };
/** Documents up to this size are converted in this thread: it takes milliseconds, and a repository can have thousands of them. */
const SMALL_BYTES = 16 * 1024;
const PIECE_BYTES = 64 * 1024;
/** One thread at a time: its memory comes on top of the process's own. */
const turns = new Turns({ count: 1 });

/**
 * The same document in JSON, with the positions of its entries.
 * @throws RollcallError `DocumentInvalid` if it isn't YAML, or needs too much memory or time; the reason of the signal if that is
 * aborted
 */
export async function convertYaml(
  yaml: Uint8Array,
  signal: AbortSignal,
  limits: YamlLimits = LIMITS,
): Promise<ConvertedYaml> {
  if (yaml.length <= SMALL_BYTES) return yamlToJson(yaml);
  return await turns.take(() => convertInThread(yaml, signal, limits), { signal });
}

/** A document in parts, so that the entries of one part are staged before the next is read. */
export async function* piecesOf(document: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < document.length; from += PIECE_BYTES) yield document.subarray(from, from + PIECE_BYTES);
}

async function convertInThread(yaml: Uint8Array, signal: AbortSignal, limits: YamlLimits): Promise<ConvertedYaml> {
  const { promise, resolve, reject } = Promise.withResolvers<YamlAnswer>();
  const thread = new Worker(new URL('yaml-thread.ts', import.meta.url), {
    workerData: yaml,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: limits.heapMiB, maxYoungGenerationSizeMb: 32 },
  });
  thread.once('message', resolve);
  thread.once('error', (error: NodeJS.ErrnoException) => {
    reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooDemanding(`${limits.heapMiB} MiB of memory`) : error);
  });
  thread.once('exit', () => reject(new Error('the thread that converts YAML exited without an answer')));
  const timer = setTimeout(() => reject(tooDemanding(`${limits.timeoutMs} ms`)), limits.timeoutMs);
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    const answer = await promise;
    if ('invalid' in answer) throw new RollcallError('DocumentInvalid', answer.invalid);
    return answer;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    await thread.terminate();
  }
}

function tooDemanding(limit: string): RollcallError {
  return new RollcallError('DocumentInvalid', `converting it from YAML needs more than ${limit}: write it as JSON`);
}
