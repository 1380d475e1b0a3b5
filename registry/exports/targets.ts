/** All targets, in the order in which they are listed. */
import type { Target } from './target.ts';
import { allowlist } from './targets/allowlist.ts';
import { claudeCodeManagedMcp } from './targets/claude-code-managed-mcp.ts';
import { claudeCodeManagedSettings } from './targets/claude-code-managed-settings.ts';
import { claudeCodeMcp } from './targets/claude-code-mcp.ts';
import { claudeDesktopManaged } from './targets/claude-desktop-managed.ts';
import { codexConfig } from './targets/codex-config.ts';
import { codexRequirements } from './targets/codex-requirements.ts';
import { copilotManagedSettings } from './targets/copilot-managed-settings.ts';
import { cursorMcp } from './targets/cursor-mcp.ts';
import { geminiAdmin } from './targets/gemini-admin.ts';
import { geminiSettings } from './targets/gemini-settings.ts';
import { kiroRegistry } from './targets/kiro-registry.ts';
import { mcpJson } from './targets/mcp-json.ts';
import { vscodeMcp } from './targets/vscode-mcp.ts';

export const TARGETS: readonly Target[] = [
  vscodeMcp,
  copilotManagedSettings,
  claudeCodeManagedSettings,
  claudeCodeManagedMcp,
  claudeCodeMcp,
  claudeDesktopManaged,
  codexRequirements,
  codexConfig,
  geminiSettings,
  geminiAdmin,
  cursorMcp,
  kiroRegistry,
  mcpJson,
  allowlist,
];

export function findTarget(id: string): Target | undefined {
  return TARGETS.find((target) => target.id === id);
}
