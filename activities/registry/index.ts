import type { RegistryActivities } from '../../workflows/contract/registry.ts';
import { failingClearly } from '../failures.ts';
import type { OperatorDependencies } from './dependencies.ts';
import { reconcileRegistry } from './reconcile-registry.ts';

/** The activities of a worker of the operator. */
export function createRegistryActivities(dependencies: OperatorDependencies): RegistryActivities {
  return { reconcileRegistry: (input) => failingClearly(() => reconcileRegistry(dependencies, input)) };
}
