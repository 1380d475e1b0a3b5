/** The details of an MCPRegistry resource in the Temporal Web UI, as Markdown. */
import type { RegistryState } from '../contract/registry.ts';
import { inline, readableTime } from '../text.ts';

export function renderRegistry({ namespace, name, last, failures, story }: RegistryState): string {
  const facts = [
    `- **MCPRegistry:** ${namespace}/${name}`,
    ...(last === undefined ? [] : [`- **${last.phase ?? last.outcome}:** ${inline(last.message)}`]),
    ...(last?.temporalNamespace === undefined
      ? []
      : [`- **Sources:** in the Temporal namespace \`${last.temporalNamespace}\``]),
    ...(failures === 0 ? [] : [`- **Failed reconciliations in a row:** ${failures}`]),
  ];
  const lines = story.map(({ at, text }) => `- ${readableTime(at)}: ${inline(text)}`);
  return [facts.join('\n'), '### Events', lines.length === 0 ? 'None yet.' : lines.join('\n')].join('\n\n');
}
