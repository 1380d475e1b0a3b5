/** The Helm chart, rendered with its value files. */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findGoProgram, HELM } from '../go-program.ts';

export const CHART = fileURLToPath(new URL('../../deploy/helm/rollcall', import.meta.url));

/** Kinds in the chart whose definitions belong to other projects, so that an API server doesn't know them. */
export const FOREIGN = ['ServiceMonitor', 'PrometheusRule', 'HTTPRoute'];

export const helm = await findGoProgram(HELM);

/** Relative to the chart. */
export const valueFiles = (await readdir(join(CHART, 'ci'))).map((name) => join('ci', name));

export async function runHelm(...parameters: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(helm as string, parameters, { cwd: CHART });
  return stdout;
}

/** The manifests as YAML documents. Each value file is another release: the template of a Job can't be changed. */
export async function template(values: string, ...parameters: readonly string[]): Promise<string> {
  const release = [basename(values, '-values.yaml'), '.', '--namespace', 'rollcall', '--kube-version', '1.33.0'];
  return await runHelm('template', ...release, '--values', values, ...parameters);
}
