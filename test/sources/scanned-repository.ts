/** Skill repositories in miniature, as people write them. */

export function skillMd(name: string, more = '', body = '# Instructions\n'): string {
  return `---\nname: ${name}\ndescription: What ${name} does.\n${more}---\n${body}`;
}

/** Every form of frontmatter that is accepted, nested skills, and plugins with and without a marketplace. */
export const GOOD_REPOSITORY: Readonly<Record<string, string>> = {
  'README.md': '# Tools\n',
  'skills/pdf/SKILL.md': skillMd(
    'pdf',
    'license: Apache-2.0\ncompatibility: Needs poppler\nallowed-tools: Bash(pdftotext:*) Read\nversion: 1.10\nmetadata:\n  author: acme\n',
    '# PDF\n\nUse pdftotext for zanzibarine layouts.\n',
  ),
  'skills/pdf/scripts/extract.sh': '#!/bin/sh\npdftotext "$1" -\n',
  'skills/pdf/references/FORMS.txt': 'Line\r\nends\r\n',
  'skills/review/SKILL.md':
    '---\r\nname: "review"\r\ndescription: >-\r\n  Review code\r\n  for bugs.\r\nallowed-tools:\r\n  - Read\r\n  - Bash(git diff:*)\r\nmetadata:\r\n  version: "2.0.0"\r\ntoolhive.requires:\r\n  - ghcr.io/acme/pdf:1\r\n---\r\nReview.\r\n',
  'skills/review/nested/deep/SKILL.md': skillMd('deep'),
  'plugins/formatter/.claude-plugin/plugin.json': JSON.stringify({
    name: 'formatter',
    version: '3.1.0',
    description: 'Formats code.',
    author: { name: 'Acme' },
    keywords: ['format'],
    license: 'MIT',
  }),
  'plugins/bare/commands/hello.md': 'Say hello.\n',
  '.claude-plugin/marketplace.json': JSON.stringify({
    name: 'acme',
    owner: { name: 'Acme' },
    metadata: { pluginRoot: './plugins' },
    plugins: [
      { name: 'bare', source: 'bare', description: 'Says hello.', strict: false, category: 'greetings' },
      {
        name: 'elsewhere',
        source: { source: 'git-subdir', url: 'acme/other', path: 'tools/plugin', sha: 'a'.repeat(40) },
        description: 'In another repository.',
      },
    ],
  }),
};

/** One folder for each way in which a skill or plugin can be broken, by the reason for its rejection. */
export const BROKEN_FILES: readonly (readonly [path: string, content: string, name: string | null, reason: string])[] = [
  ['no-frontmatter/SKILL.md', '# Only text\n', 'no-frontmatter', 'SKILL.md has no frontmatter: its first line must be ---'],
  ['no-end/SKILL.md', '---\nname: no-end\n', 'no-end', 'SKILL.md has frontmatter without an end'],
  ['not-yaml/SKILL.md', '---\nname: not-yaml\ndescription: Use when: always\n---\n', 'not-yaml', "isn't YAML"],
  ['no-name/SKILL.md', '---\ndescription: Nameless.\n---\n', 'no-name', 'SKILL.md has no name'],
  ['no-description/SKILL.md', '---\nname: quiet\n---\n', 'quiet', 'SKILL.md has no description'],
  ['list/SKILL.md', '---\n- name\n---\n', 'list', "isn't a mapping"],
  ['aliases/SKILL.md', `---\nname: aliases\ndescription: x\nmetadata:\n  a: &a [x,x,x,x,x,x,x,x,x]\n  b: &b [*a,*a,*a,*a,*a,*a]\n  c: &c [*b,*b,*b,*b,*b,*b]\n  d: [*c,*c,*c,*c]\n---\n`, 'aliases', "can't be read"],
  ['loop/SKILL.md', '---\nname: loop\ndescription: x\nmetadata: &a [*a]\n---\n', 'loop', 'the alias *a contains itself'],
  ['bad-json/.claude-plugin/plugin.json', '{', 'bad-json', "plugin.json isn't a JSON object"],
  ['mute/.claude-plugin/plugin.json', '{"name":"mute"}', 'mute', 'plugin.json has no description'],
]; // prettier-ignore
