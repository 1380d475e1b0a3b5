/** Turns a SKILL.md into the document of a skill entry, as in ToolHive's skill.schema.json. */
import { defined, isJsonObject, type JsonObject, textOf, textsOf } from '../json.ts';
import { type FoundDocument, origin, type PinnedFolder, type ScannedRepository } from './found.ts';
import { readSkillText } from './frontmatter.ts';

/** The number of characters of a SKILL.md that searches look through. */
const MAX_SEARCHED_CHARACTERS = 8 * 1024;

export type FoundSkill =
  | { readonly document: JsonObject; readonly searchedText: string }
  | Extract<FoundDocument, { readonly fault: string }>;

/**
 * The document of the skill whose SKILL.md this is. `fault` says why there is none, and `name` is then the name that the entry
 * would have: the one in the frontmatter, or that of the folder.
 */
export function skillDocument(bytes: Uint8Array, repository: ScannedRepository, pinned: PinnedFolder): FoundSkill {
  const folderName = pinned.folder.split('/').at(-1) || null;
  const text = readSkillText(bytes);
  if ('fault' in text) return { fault: `SKILL.md ${text.fault}`, name: folderName };
  const { frontmatter, body } = text;
  const name = textOf(frontmatter['name']);
  const description = textOf(frontmatter['description'])?.trim();
  if (name === undefined) return { fault: 'SKILL.md has no name in its frontmatter', name: folderName };
  if (description === undefined || description === '') {
    return { fault: 'SKILL.md has no description in its frontmatter', name };
  }
  const metadata = metadataOf(frontmatter);
  const document = defined({
    namespace: repository.namespace,
    name,
    description,
    version: textOf(frontmatter['version']) ?? textOf(metadata?.['version']) ?? pinned.version,
    license: textOf(frontmatter['license']),
    compatibility: textOf(frontmatter['compatibility']),
    allowedTools: allowedTools(frontmatter['allowed-tools']),
    ...origin(repository, pinned),
    metadata,
  });
  return { document, searchedText: searchedPart(body) };
}

/** The part of a SKILL.md that searches look through; undefined if it can't be read. */
export function searchedTextOf(bytes: Uint8Array): string | undefined {
  const text = readSkillText(bytes);
  return 'fault' in text ? undefined : searchedPart(text.body);
}

function searchedPart(body: string): string {
  return body.slice(0, MAX_SEARCHED_CHARACTERS);
}

/** `metadata` as written, with what the skill requires under the name that ToolHive has for it. */
function metadataOf(frontmatter: JsonObject): JsonObject | undefined {
  const written = isJsonObject(frontmatter['metadata']) ? frontmatter['metadata'] : {};
  const toolhive = frontmatter['toolhive'];
  const requires = frontmatter['toolhive.requires'] ?? (isJsonObject(toolhive) ? toolhive['requires'] : undefined);
  const metadata = defined({ ...written, 'toolhive.requires': requires });
  return Object.keys(metadata).length === 0 ? undefined : metadata;
}

/**
 * A list, or text with commas or spaces between the tools. A tool can have arguments in parentheses, with spaces in them:
 * `Bash(git add:*) Read`.
 */
function allowedTools(value: unknown): string[] | undefined {
  const tools = typeof value === 'string' ? (value.match(/[^\s,(]+(?:\([^)]*\))?/g) ?? []) : textsOf(value);
  return tools.length === 0 ? undefined : [...new Set(tools)];
}
