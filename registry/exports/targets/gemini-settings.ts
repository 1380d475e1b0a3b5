import { labelOf } from '../label.ts';
import { provideEach } from '../provide.ts';
import { jsonText } from '../formats.ts';
import { GEMINI_SYNTAX } from '../syntax.ts';
import type { Target } from '../target.ts';
import { writerOf } from '../writers.ts';

const write = writerOf(GEMINI_SYNTAX);

export const geminiSettings: Target = {
  id: 'gemini-settings',
  title: 'Gemini CLI: system settings.json',
  documentation: 'https://github.com/google-gemini/gemini-cli/blob/main/docs/cli/enterprise.md',
  fileName: 'settings.json',
  contentType: 'application/json',
  modes: ['provide', 'allow'],
  limits: [
    'Gemini CLI compares only names, so the file also defines each server that it allows: a system definition takes precedence over a user’s.',
    'Secrets come from environment variables of each user.',
  ],
  render: (catalog, { mode }) => {
    const { provided, report } = provideEach(catalog, {
      remote: (remote, server): object => {
        const { url, ...members } = write.remote(remote, server);
        return { [remote.type === 'http' ? 'httpUrl' : 'url']: url, ...members };
      },
      launch: write.launch,
    });
    const labelled = provided.map(({ server: { name }, entry }) => [labelOf(name, 'hyphen'), entry] as const);
    const isRetired = new Set(
      catalog.filter(({ active, retired }) => active.length === 0 && retired.length > 0).map(({ name }) => name),
    );
    const excluded = [...isRetired].map((name) => labelOf(name, 'hyphen'));
    const mcp = {
      ...(mode === 'allow' && { allowed: labelled.map(([key]) => key) }),
      ...(excluded.length > 0 && { excluded }),
    };
    return {
      text: jsonText({ ...(Object.keys(mcp).length > 0 && { mcp }), mcpServers: Object.fromEntries(labelled) }),
      report: report.map((line) => ({ ...line, denied: isRetired.has(line.name) })),
    };
  },
};
