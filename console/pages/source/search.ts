/** The filters of the sources' pages in the URL. */
import { STATES, type SourceState } from './state.ts';

export interface SourcesSearch {
  readonly q?: string | undefined;
  readonly state?: SourceState | undefined;
}

export function sourcesSearch({ q, state }: Record<string, unknown>): SourcesSearch {
  const known = STATES.find((candidate) => candidate === state);
  return { ...(typeof q === 'string' && q !== '' && { q }), ...(known !== undefined && { state: known }) };
}

export interface RunSearch {
  readonly q?: string | undefined;
  readonly severity?: 'rejection' | 'warning' | undefined;
}

export function runSearch({ q, severity }: Record<string, unknown>): RunSearch {
  return {
    ...(typeof q === 'string' && q !== '' && { q }),
    ...((severity === 'rejection' || severity === 'warning') && { severity }),
  };
}
