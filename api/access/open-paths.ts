/** Which paths can be read without a token. Everything else is closed, routes that are added later included. */

/** Reveal nothing about the content of registries; clients need some of them before they have a token. */
const ALWAYS_OPEN =
  /^\/(?:(?:health|readiness|version|docs|openapi\.(?:json|yaml)|auth\/(?:login(?:\/[^/]+)?|callback|refresh|logout))\/?$|\.well-known\/)/;

/** The files of the console, and the root, which sends browsers there. */
const CONSOLE = /^\/(?:console(?:\/.*)?)?$/;

/** Queries of the console that answer each caller with what they can see, callers without a token included. */
const CONSOLE_QUERY = /^\/trpc\/(?:session|catalog\.[a-zA-Z]+)$/;

/** The service endpoints of the registry API. Whether the registry in the path exists makes no difference. */
const SERVICE_STATUS = /^\/(?:registry\/(?:v0\.1|[^/]+\/v0(?:\.1)?)|v0(?:\.1)?)\/(?:health|ping|version)\/?$/;

/** The reads of registries, which can be public. Those without a name are of the default registry. */
const REGISTRY_READS = [
  /^\/registry\/(?<name>[^/]+)\/(?:v0(?:\.1)?\/servers(?:\/|$)|(?:registry|upstream-registry|servers)\.json\/?$|exports(?:\/|$))/,
  /^(?:\/registry\/v0\.1|\/v0(?:\.1)?)\/servers(?:\/|$)/,
  /^\/api\/(?:v0\/servers(?:\/|$)|v1\/registry\/?$)/,
];

/** Whether a path is open to all callers, whatever the configuration says. */
export function isAlwaysOpen(path: string): boolean {
  return ALWAYS_OPEN.test(path) || CONSOLE.test(path) || SERVICE_STATUS.test(path);
}

/** Whether a path is a query that also callers without a token can send. */
export function isConsoleQuery(path: string): boolean {
  return CONSOLE_QUERY.test(path);
}

/**
 * What a path reads of a registry; null if it isn't a read of a registry.
 *
 * @returns `name` as the path writes it; undefined for the default registry.
 */
export function registryRead(path: string): { readonly name: string | undefined } | null {
  const match = REGISTRY_READS.map((pattern) => pattern.exec(path)).find((found) => found !== null);
  return match === undefined ? null : { name: match.groups?.['name'] };
}
