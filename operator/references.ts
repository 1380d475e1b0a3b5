/** The objects that a resource refers to, for the watches. */
import { renderConfiguration } from './configuration.ts';
import type { RegistryResource } from './resource.ts';
import { SpecFault } from './spec-fault.ts';
import { renderWorkload, type WorkloadDefaults } from './workload.ts';

/** `Secret/name`, `ConfigMap/name`, and `PersistentVolumeClaim/name` of everything that a resource refers to. */
export function referencedNames(resource: RegistryResource, defaults: WorkloadDefaults): ReadonlySet<string> {
  try {
    const rendered = renderConfiguration(resource);
    const { references } = renderWorkload(resource, rendered, defaults);
    return new Set(references.map(({ kind, name }) => `${kind}/${name}`));
  } catch (error) {
    // An invalid resource is reconciled again when it changes.
    if (error instanceof SpecFault) return new Set();
    throw error;
  }
}
