/** Merges `podTemplateSpec` of a resource with the pod template of the operator: the resource takes precedence. */
import { isJsonObject, type JsonObject, memberOf, objectsOf } from '../registry/json.ts';
import { CONTAINER } from './resource.ts';

/** The key that identifies the items of a list; other lists are replaced. */
const LIST_KEYS: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  volumes: 'name',
  env: 'name',
  ports: 'containerPort',
  volumeMounts: 'mountPath',
};

/** Members whose parts exclude each other: an `exec` probe isn't merged with an `httpGet` probe. */
const REPLACED_WHOLE = ['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle', 'affinity'];
/** Lists whose items are replaced as a whole: a variable has either `value` or `valueFrom`. */
const ITEMS_REPLACED_WHOLE = ['volumes', 'env', 'volumeMounts'];

/**
 * Fills the gaps of a template with defaults. Containers, init containers, volumes, and variables are matched by name,
 * ports by number, mounts by path.
 */
export function mergePodTemplate(given: JsonObject, defaults: JsonObject): JsonObject {
  const merged: JsonObject = { ...defaults, ...given };
  for (const [key, byDefault] of Object.entries(defaults)) {
    const value = given[key];
    if (REPLACED_WHOLE.includes(key)) continue;
    if (isJsonObject(value) && isJsonObject(byDefault)) merged[key] = mergePodTemplate(value, byDefault);
    if (Array.isArray(value) && Array.isArray(byDefault) && key in LIST_KEYS) {
      merged[key] = mergeLists(key, objectsOf(value), objectsOf(byDefault));
    }
  }
  return merged;
}

function mergeLists(list: string, given: readonly JsonObject[], defaults: readonly JsonObject[]): JsonObject[] {
  const key = LIST_KEYS[list] ?? 'name';
  const replaced = ITEMS_REPLACED_WHOLE.includes(list);
  const matching = (items: readonly JsonObject[], item: JsonObject): JsonObject | undefined =>
    items.find((one) => one[key] === item[key]);
  const merged = defaults.map((byDefault) => {
    const item = matching(given, byDefault);
    if (item === undefined) return byDefault;
    return replaced ? item : mergePodTemplate(item, byDefault);
  });
  return [...merged, ...given.filter((item) => matching(defaults, item) === undefined)];
}

export function rollcallContainer(template: JsonObject): JsonObject | undefined {
  return objectsOf(memberOf(template, 'spec')['containers']).find((container) => container['name'] === CONTAINER);
}
