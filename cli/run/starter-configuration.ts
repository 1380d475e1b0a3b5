/** The configuration file that `rollcall serve` creates when it is started without one. */
import { writeFile } from 'node:fs/promises';

export const STARTER_FILE = 'rollcall.yaml';

const STARTER = `# Created by \`rollcall serve\`. Edit this file and restart to change the configuration.
sources:
  # Servers that you publish: rollcall publish server.json
  - name: published
    managed: {}

  # Servers from a Git repository:
  # - name: team-servers
  #   git:
  #     repository: https://git.example.com/team/mcp-servers.git
  #     path: servers/*.json

  # Servers from another registry:
  # - name: partner
  #   api:
  #     endpoint: https://registry.example.com

# No sign-in: anyone who can reach the server can do everything. It therefore listens on 127.0.0.1 only.
auth:
  mode: anonymous
`;

/**
 * Creates the starter file in the current folder, unless the folder has a file of that name.
 *
 * @returns the file's name
 * @throws Error if the file can't be written
 */
export async function ensureStarterConfiguration(): Promise<string> {
  try {
    await writeFile(STARTER_FILE, STARTER, { flag: 'wx' });
    console.error(`Created ${STARTER_FILE}, a starter configuration.`);
  } catch (error) {
    if (!isExisting(error)) {
      throw new Error(`${STARTER_FILE} can't be created: ${(error as Error).message}. Pass a file with --config`, {
        cause: error,
      });
    }
  }
  return STARTER_FILE;
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}
