/** All targets, in the order in which they are listed: those for servers, then those for skills and plugins. */
import { agentSkillsIndex } from './skills/agent-skills-index.ts';
import { claudeCodeMarketplace } from './skills/claude-code-marketplace.ts';
import { codexMarketplace } from './skills/codex-marketplace.ts';
import type { SkillTarget } from './skills/skill-target.ts';
import type { Target } from './target.ts';
import { allowlist } from './targets/allowlist.ts';
import { claudeCodeManagedSettings } from './targets/claude-code-managed-settings.ts';
import { claudeCodeManagedMcp, claudeCodeMcp } from './targets/claude-code-servers.ts';
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

export const SKILL_TARGETS: readonly SkillTarget[] = [claudeCodeMarketplace, codexMarketplace, agentSkillsIndex];

export const ALL_TARGETS: readonly (Target | SkillTarget)[] = [...TARGETS, ...SKILL_TARGETS];

export function findTarget(id: string): Target | SkillTarget | undefined {
  return ALL_TARGETS.find((target) => target.id === id);
}
