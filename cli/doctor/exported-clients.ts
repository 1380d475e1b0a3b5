/** Clients that read a file: whether it is available, how large it is, and what it leaves out. */
import { isJsonObject, textsOf } from '../../registry/json.ts';
import { type Finding, ok, problem, warning } from './finding.ts';
import type { Answer, Probe } from './probe.ts';
import { accessFinding, addressFinding } from './registry-clients.ts';

export interface ExportedClient {
  readonly name: string;
  /** The targets of exports, each with its query. */
  readonly targets: readonly string[];
  /** Whether the client itself fetches the file, without a token. */
  readonly fetchesItself?: boolean;
  readonly maxBytes?: number;
  readonly maxMilliseconds?: number;
}

export const EXPORTED_CLIENTS: Readonly<Record<string, ExportedClient>> = {
  'claude-code': {
    name: 'Claude Code',
    targets: ['claude-code-managed-settings?mode=both', 'claude-code-managed-mcp'],
    // The limits of the policyHelper's answer, and the timeoutMs of the examples.
    maxBytes: 1024 * 1024,
    maxMilliseconds: 5000,
  },
  'claude-desktop': { name: 'Claude Desktop', targets: ['claude-desktop-managed'] },
  codex: { name: 'Codex', targets: ['codex-requirements', 'codex-config'] },
  cursor: { name: 'Cursor', targets: ['cursor-mcp'] },
  gemini: { name: 'Gemini CLI', targets: ['gemini-settings?mode=allow', 'gemini-admin'] },
  kiro: { name: 'Kiro', targets: ['kiro-registry'], fetchesItself: true },
};

/** @param exportOptions the options that let `rollcall export` read the same registry */
export async function checkExportedClient(
  client: ExportedClient,
  probe: Probe,
  exportOptions: string,
): Promise<Finding[]> {
  const ask = client.fetchesItself === true ? probe.anonymously : probe.withToken;
  const findings = client.fetchesItself === true ? [addressFinding(probe.base, client.name)] : [];
  for (const target of client.targets) {
    const [id = target, query = ''] = target.split('?');
    const file = await ask(`/exports/${target}`);
    if (file.status !== 200) return [...findings, accessFinding(file, client.name)];
    const report = await ask(`/exports/${id}/report${query === '' ? '' : `?${query}`}`);
    const command = `rollcall export ${id} --report ${exportOptions}`;
    findings.push(...fileFindings(client, id, file), ...reportFindings(id, report.json?.['servers'], command));
  }
  return findings;
}

function fileFindings(
  { name, maxBytes = Infinity, maxMilliseconds = Infinity }: ExportedClient,
  id: string,
  { text, milliseconds }: Answer,
): Finding[] {
  const bytes = Buffer.byteLength(text);
  return [
    bytes <= maxBytes
      ? ok(`${id} can be read: ${bytes} bytes`)
      : problem(
          `${id} has ${bytes} bytes, but ${name} accepts at most ${maxBytes}`,
          'filter the sources of this registry',
        ),
    ...(milliseconds > maxMilliseconds
      ? [warning(`${id} took ${Math.round(milliseconds)} ms`, 'raise timeoutMs of the policyHelper')]
      : []),
  ];
}

const SHOWN = 5;

/** @param command prints the report */
function reportFindings(id: string, servers: unknown, command: string): Finding[] {
  const lines = Array.isArray(servers) ? servers.filter(isJsonObject) : [];
  const left = lines.filter(({ included }) => included !== true);
  if (lines.length === 0) return [warning(`${id} has no servers`, 'publish the approved servers, or add a source')];
  if (left.length === 0) return [ok(`${id} has all ${lines.length} servers`)];
  const reasons = left.slice(0, SHOWN).map(({ name, notes }) => `${String(name)} (${textsOf(notes).join('; ')})`);
  const more = left.length > SHOWN ? `, and ${left.length - SHOWN} more` : '';
  return [
    warning(
      `${id} leaves out ${left.length} of ${lines.length} servers (including deleted ones): ${reasons.join(', ')}${more}`,
      `read the whole report with \`${command}\``,
    ),
  ];
}
