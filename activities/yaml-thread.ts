/** The program of the thread that converts one YAML document, see isolated-yaml.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { RollcallError } from '../registry/failure.ts';
import { yamlToJson } from '../registry/yaml-document.ts';

/** What the thread answers: the document in JSON, or why it is invalid. */
export type YamlAnswer = { readonly json: Uint8Array } | { readonly invalid: string };

function convert(yaml: Uint8Array): YamlAnswer {
  try {
    return { json: yamlToJson(yaml) };
  } catch (error) {
    if (error instanceof RollcallError) return { invalid: error.message };
    throw error;
  }
}

parentPort?.postMessage(convert(workerData as Uint8Array), []);
