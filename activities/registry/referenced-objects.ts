/** The Secrets, ConfigMaps, and claims that a registry refers to. */
import { getObject, resourceVersionOf } from '../../kubernetes/objects.ts';
import { passwordFile, type PasswordLine } from '../../operator/database-configuration.ts';
import type { Reference } from '../../operator/pod-parts.ts';
import { SpecFault } from '../../operator/spec-fault.ts';
import { type JsonObject, memberOf, textOf } from '../../registry/json.ts';
import type { ClusterWork } from './dependencies.ts';

export class ReferencedObjects {
  readonly #work: ClusterWork;
  readonly #namespace: string;
  readonly #objects = new Map<string, Promise<JsonObject | null>>();

  constructor(work: ClusterWork, namespace: string) {
    this.#work = work;
    this.#namespace = namespace;
  }

  /** @throws SpecFault naming the field of the first object, or key, that is missing */
  async assertAll(references: readonly Reference[]): Promise<void> {
    for (const reference of references) {
      const { kind, name, key, field } = reference;
      const object = await this.#get(kind, name);
      if (object === null) {
        throw new SpecFault(
          `${kind}NotFound`,
          `${field}: the ${kind} ${name} doesn't exist in the namespace ${this.#namespace}: create it, or correct the name`,
        );
      }
      if (key === undefined || key in memberOf(object, 'data') || key in memberOf(object, 'binaryData')) continue;
      throw new SpecFault(
        `${kind}KeyNotFound`,
        `${field}: the ${kind} ${name} has no key ${key}: add it, or correct the key`,
      );
    }
  }

  /** Versions of the objects that pods only read when they start. They change whenever such an object does. */
  async versions(references: readonly Reference[]): Promise<string[]> {
    const restarting = references.filter(({ restarts }) => restarts);
    const names = new Set(restarting.map(({ kind, name }) => `${kind}/${name}`));
    const versions = [...names].toSorted().map(async (identity) => {
      const [kind = '', name = ''] = identity.split('/');
      return `${identity}@${resourceVersionOf(await this.#get(kind, name))}`;
    });
    return await Promise.all(versions);
  }

  /** The password file for the users of the database. A line break at the end of a password is dropped. */
  async passwordFile(lines: readonly PasswordLine[]): Promise<string> {
    const entries = lines.map(async ({ from, ...line }) => {
      const secret = memberOf(await this.#get('Secret', from.name), 'data');
      const password = Buffer.from(textOf(secret[from.key]) ?? '', 'base64').toString('utf8');
      return { ...line, password: password.replace(/\r?\n$/, '') };
    });
    return passwordFile(await Promise.all(entries));
  }

  /** Each object is read once per reconciliation. */
  #get(kind: string, name: string): Promise<JsonObject | null> {
    const identity = `${kind}/${name}`;
    const known = this.#objects.get(identity);
    if (known !== undefined) return known;
    const { cluster, signal } = this.#work;
    const object = getObject(cluster, { apiVersion: 'v1', kind, namespace: this.#namespace, name }, signal);
    this.#objects.set(identity, object);
    return object;
  }
}
