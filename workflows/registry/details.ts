/** What the Temporal Web UI shows of an MCPRegistry resource: Markdown. */
import type { RegistryState } from '../contract/registry.ts';

export function renderRegistry({ namespace, name, last, failures, story }: RegistryState): string {
  const facts = [
    `- **MCPRegistry:** ${namespace}/${name}`,
    ...(last === undefined ? [] : [`- **${last.phase ?? last.outcome}:** ${inline(last.message)}`]),
    ...(last?.temporalNamespace === undefined
      ? []
      : [`- **Sources:** in the Temporal namespace \`${last.temporalNamespace}\``]),
    ...(failures === 0 ? [] : [`- **Failed reconciliations in a row:** ${failures}`]),
  ];
  const lines = story.map(({ at, text }) => `- ${at.slice(0, 19).replace('T', ' ')} UTC: ${inline(text)}`);
  return [facts.join('\n'), '### Events', lines.length === 0 ? 'None yet.' : lines.join('\n')].join('\n\n');
}

/** Keeps outside text on its line. */
function inline(text: string): string {
  return text.replace(/\s+/g, ' ');
}
