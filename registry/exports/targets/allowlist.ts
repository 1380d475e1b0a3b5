import { allowEach, approvedOf, type Identity } from '../identities.ts';
import { shellWords } from '../shell.ts';
import { leftOut, type Target } from '../target.ts';

export const allowlist: Target = {
  id: 'allowlist',
  title: 'Other tools: an allowlist as text',
  documentation:
    'https://github.com/modelcontextprotocol/registry/blob/main/docs/reference/server-json/generic-server-json.md',
  fileName: 'allowlist.txt',
  contentType: 'text/plain',
  modes: ['allow'],
  limits: [
    'Each URL and each command of a server has a line: `NAME url URL` or `NAME command COMMAND`, with the command quoted for a POSIX shell.',
    'A server without a URL or command that is the same for every user has the line `NAME name`.',
  ],
  render: (catalog, { versions }) => {
    const { allowed, report } = allowEach(catalog, versions);
    const identities = new Map(allowed.map(({ name, identities: list }) => [name, list]));
    const approved = catalog.filter((server) => approvedOf(server, versions).length > 0);
    const lines = approved.flatMap(({ name }) =>
      (identities.get(name) ?? [null]).map((identity) => lineOf(name, identity)),
    );
    return {
      text: lines.map((line) => `${line}\n`).join(''),
      report: report.map((line, index) => {
        const forms = approvedOf(catalog[index]!, versions);
        if (forms.length === 0) return leftOut(line.name, line.notes);
        return { ...line, included: true, denied: false, versions: forms.map(({ version }) => version) };
      }),
    };
  },
};

function lineOf(name: string, identity: Identity | null): string {
  if (identity === null) return `${name} name`;
  return 'url' in identity ? `${name} url ${identity.url}` : `${name} command ${shellWords(identity.command)}`;
}
