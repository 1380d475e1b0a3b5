/** All faults of a configuration, each with its location. */

import type { ConfigurationFinding } from './model.ts';

/** `rollcall.yaml:12:5: message` for the file, `THV_REGISTRY_…: message` for the environment. */
export function describeFinding(finding: ConfigurationFinding): string {
  const place =
    'variable' in finding ? finding.variable : `${finding.file}:${String(finding.line)}:${String(finding.column)}`;
  return `${place}: ${finding.message}`;
}

export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  /** The faults in the order of the file, then those of environment variables. */
  readonly faults: readonly ConfigurationFinding[];

  constructor(faults: readonly ConfigurationFinding[]) {
    const ordered = faults.toSorted(byPlace);
    const heading = `The configuration has ${faults.length === 1 ? '1 fault' : `${String(faults.length)} faults`}:`;
    super([heading, ...ordered.map((fault) => `  ${describeFinding(fault)}`)].join('\n'));
    this.faults = ordered;
  }
}

function byPlace(a: ConfigurationFinding, b: ConfigurationFinding): number {
  if ('variable' in a || 'variable' in b) return Number('variable' in a) - Number('variable' in b);
  return a.line - b.line || a.column - b.column;
}
