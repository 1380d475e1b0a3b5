/**
 * Conversion of YAML documents where it can fail alone. The parser takes up to several hundred times the memory of a
 * document, and for some documents quadratic time: a large one is converted in a thread with limits of its own, so that
 * it fails its own sync and nothing else.
 */
import { Worker } from 'node:worker_threads';
import { Turns } from '../db/connection/turns.ts';
import { RollcallError } from '../registry/failure.ts';
import { type ConvertedYaml, yamlToJson } from '../registry/yaml-document.ts';
import type { YamlAnswer } from './yaml-thread.ts';

export interface YamlLimits {
  /** The heap of the thread. A well-formed registry document of 8 MiB takes about 480 MiB. */
  readonly heapMiB: number;
  /** Milliseconds that one document may take. */
  readonly timeoutMs: number;
}

const LIMITS: YamlLimits = { heapMiB: 512, timeoutMs: 60_000 };
/** A document up to this size is converted in place: it takes milliseconds, and a repository may have thousands. */
const SMALL_BYTES = 16 * 1024;
const PIECE_BYTES = 64 * 1024;
/** One thread at a time, whose memory comes on top of the memory of the process. */
const turns = new Turns({ count: 1 });

/**
 * The same document in JSON, with the positions of its entries.
 *
 * @throws RollcallError `DocumentInvalid` where it is not YAML, or takes more memory or time than allowed; the reason of
 *   the signal where that is aborted.
 */
export async function convertYaml(
  yaml: Uint8Array,
  signal: AbortSignal,
  limits: YamlLimits = LIMITS,
): Promise<ConvertedYaml> {
  if (yaml.length <= SMALL_BYTES) return yamlToJson(yaml);
  return await turns.take(() => convertInThread(yaml, signal, limits), { signal });
}

/** A document in pieces, so that the entries of one are staged before the next is read. */
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
  thread.once('exit', () => reject(new Error('the thread that converts YAML ended without an answer')));
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
  return new RollcallError('DocumentInvalid', `reading it as YAML takes more than ${limit}: write it as JSON`);
}
