/** Small registry documents. */

export function serverJson(
  name: string,
  version = '1.0.0',
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return { name, description: `What ${name} does`, version, ...more };
}

export function envelope(servers: readonly unknown[]): string {
  return JSON.stringify({ version: '1.0.0', meta: { last_updated: '2026-01-01T00:00:00Z' }, data: { servers } });
}
