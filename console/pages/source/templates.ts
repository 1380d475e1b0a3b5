/** Templates for new sources, by kind, with the keys of the configuration file. */
export const TEMPLATES = {
  git: `git:
  repository: https://github.com/example/registry.git
  branch: main
  path: servers/*.json
syncPolicy:
  interval: 30m
`,
  api: `api:
  endpoint: https://registry.modelcontextprotocol.io
syncPolicy:
  interval: 1h
filter:
  names:
    include: ["io.github.example/*"]
`,
  file: `file:
  url: https://example.com/servers.json
syncPolicy:
  interval: 15m
`,
  managed: `managed: {}
`,
  configMap: `configMap:
  name: registry-data
  key: registry.json
`,
  kubernetes: `kubernetes:
  namespaces: [tools]
`,
} as const;

export type TemplateKind = keyof typeof TEMPLATES;
export const TEMPLATE_KINDS = Object.keys(TEMPLATES) as readonly TemplateKind[];
