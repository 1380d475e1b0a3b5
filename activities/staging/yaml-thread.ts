/** The thread that converts one YAML document, see isolated-yaml.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { RollcallError } from '../../registry/failure.ts';
import { type ConvertedYaml, yamlToJson } from '../../registry/document/yaml.ts';

/** The thread's answer: the converted document, or why it is invalid. */
export type YamlAnswer = ConvertedYaml | { readonly invalid: string };

function convert(yaml: Uint8Array): YamlAnswer {
  try {
    return yamlToJson(yaml);
  } catch (error) {
    if (error instanceof RollcallError) return { invalid: error.message };
    throw error;
  }
}

parentPort?.postMessage(convert(workerData as Uint8Array), []);
