/** Renders the OpenAPI document as a single HTML page without scripts and external resources. */
import { hash } from 'node:crypto';
import { z } from 'zod';
import type { OpenApiDocument } from './document.ts';

export interface DocsPage {
  readonly html: string;
  /** Allows only this page's own style sheet. */
  readonly contentSecurityPolicy: string;
}

export function docsPage(document: OpenApiDocument): DocsPage {
  const { info, tags = [], paths, components } = page.parse(document);
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );
  const sections = tags.map(({ name, description }) => {
    const own = operations.filter(({ operation }) => operation.tags?.includes(name));
    return `<section id="${slug(name)}"><h2>${text(name)}</h2><p>${prose(description ?? '')}</p>${own.map(operationHtml).join('')}</section>`;
  });
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) =>
      `<details id="schema-${slug(name)}"><summary><b>${text(name)}</b></summary>${schemaHtml(schema)}</details>`,
  );
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(info.title)} API</title>
<style>${STYLE}</style>
</head>
<body>
<nav><b>${text(info.title)}</b>${tags.map(({ name }) => `<a href="#${slug(name)}">${text(name)}</a>`).join('')}<a href="#schemas">Schemas</a><a href="openapi.yaml">openapi.yaml</a><a href="openapi.json">openapi.json</a></nav>
<main>
<h1>${text(info.title)} API <small>${text(info.version)}</small></h1>
${info.description
  .split('\n\n')
  .map((paragraph) => `<p>${prose(paragraph)}</p>`)
  .join('')}
${sections.join('\n')}
<section id="schemas"><h2>Schemas</h2>${schemas.join('')}</section>
</main>
</body>
</html>
`;
  return {
    html,
    contentSecurityPolicy: `default-src 'none'; style-src 'sha256-${hash('sha256', STYLE, 'base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  };
}

/** The parts of a schema that the page shows. */
const schemaNode = z.looseObject({
  $ref: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  format: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  description: z.string().optional(),
  required: z.array(z.string()).optional(),
  get properties() {
    return z.record(z.string(), schemaNode).optional();
  },
  get items() {
    return schemaNode.optional();
  },
});
type SchemaNode = z.infer<typeof schemaNode>;

const content = z.record(z.string(), z.looseObject({ schema: schemaNode.optional() }));
const operationNode = z.looseObject({
  tags: z.array(z.string()).optional(),
  summary: z.string().optional(),
  description: z.string().optional(),
  parameters: z
    .array(
      z.looseObject({
        name: z.string(),
        in: z.string(),
        required: z.boolean().optional(),
        description: z.string().optional(),
        schema: schemaNode.optional(),
      }),
    )
    .optional(),
  requestBody: z.looseObject({ content }).optional(),
  responses: z.record(z.string(), z.looseObject({ description: z.string(), content: content.optional() })).optional(),
});
type OperationNode = z.infer<typeof operationNode>;

/** The parts of the OpenAPI document that the page shows. */
const page = z.looseObject({
  info: z.looseObject({ title: z.string(), version: z.string(), description: z.string() }),
  tags: z.array(z.looseObject({ name: z.string(), description: z.string().optional() })).optional(),
  paths: z.record(z.string(), z.record(z.string(), operationNode)),
  components: z.looseObject({ schemas: z.record(z.string(), schemaNode) }),
});

function operationHtml({
  path,
  method,
  operation,
}: {
  path: string;
  method: string;
  operation: OperationNode;
}): string {
  const { summary = '', description, parameters = [], requestBody, responses = {} } = operation;
  const rows = parameters.map(
    (parameter) =>
      `<tr><td><code>${text(parameter.name)}</code>${parameter.required === true ? ' <em>required</em>' : ''}</td><td>${text(parameter.in)}</td><td>${schemaName(parameter.schema)}</td><td>${prose(parameter.description ?? parameter.schema?.description ?? '')}</td></tr>`,
  );
  const answers = Object.entries(responses).map(
    ([status, answer]) =>
      `<tr><td><code>${text(status)}</code></td><td>${prose(answer.description)}</td><td>${schemaName(jsonSchemaOf(answer.content))}</td></tr>`,
  );
  return `<details class="operation"><summary><span class="method ${method}">${method.toUpperCase()}</span> <code>${text(path)}</code> <span>${text(summary)}</span></summary>
${description === undefined ? '' : `<p>${prose(description)}</p>`}
${rows.length === 0 ? '' : `<h4>Parameters</h4><table>${rows.join('')}</table>`}
${requestBody === undefined ? '' : `<h4>Body</h4><p>${schemaName(jsonSchemaOf(requestBody.content))}</p>`}
<h4>Answers</h4><table>${answers.join('')}</table></details>`;
}

function jsonSchemaOf(bodies: z.infer<typeof content> | undefined): SchemaNode | undefined {
  return bodies?.['application/json']?.schema;
}

/** Formats a type on one line, with links to named schemas. */
function schemaName(schema: SchemaNode | undefined): string {
  if (schema === undefined) return '';
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1) ?? '';
    return `<a href="#schema-${slug(name)}">${text(name)}</a>`;
  }
  if (schema.enum !== undefined) return schema.enum.map((value) => `<code>${text(String(value))}</code>`).join(' ');
  if (schema.items !== undefined) return `array of ${schemaName(schema.items)}`;
  const type = [schema.type ?? (schema.const === undefined ? 'any' : JSON.stringify(schema.const))].flat().join(' or ');
  return text(schema.format === undefined ? type : `${type} (${schema.format})`);
}

function schemaHtml(schema: SchemaNode): string {
  const rows = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const nested =
      property.properties === undefined && property.items?.properties === undefined
        ? ''
        : schemaHtml(property.items ?? property);
    return `<tr><td><code>${text(name)}</code>${schema.required?.includes(name) === true ? ' <em>required</em>' : ''}</td><td>${schemaName(property)}</td><td>${prose(property.description ?? '')}${nested}</td></tr>`;
  });
  return `${schema.description === undefined ? '' : `<p>${prose(schema.description)}</p>`}<table>${rows.join('')}</table>`;
}

const slug = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const text = (value: string): string => value.replaceAll(/[&<>"]/g, (character) => ESCAPES[character] ?? character);

/** Renders the Markdown subset in descriptions: code and line breaks. */
const prose = (value: string): string =>
  text(value)
    .replaceAll(/`([^`]+)`/g, '<code>$1</code>')
    .replaceAll('\n', '<br>');

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #2b6cb0; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; }
nav { position: sticky; top: 0; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: .75rem 1.5rem; background: Canvas; border-bottom: 1px solid var(--line); }
main { max-width: 60rem; margin: 0 auto; padding: 1rem 1.5rem 4rem; }
h1 small { font-weight: normal; opacity: .6; } h2 { margin-top: 2.5rem; } h4 { margin: 1rem 0 .25rem; }
a { color: var(--accent); } nav a { text-decoration: none; }
code { font: .9em ui-monospace, monospace; background: var(--soft); padding: .1em .3em; border-radius: .25em; }
em { font-size: .8em; opacity: .7; }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .5rem 0; padding: 0 1rem; }
details[open] { padding-bottom: 1rem; }
summary { cursor: pointer; padding: .6rem 0; } summary span:last-child { opacity: .8; }
.method { display: inline-block; min-width: 4rem; text-align: center; border-radius: .25rem; color: #fff; font-size: .8rem; font-weight: 600; }
.get { background: #2b6cb0; } .post { background: #2f855a; } .put { background: #b7791f; } .patch { background: #6b46c1; } .delete { background: #c53030; }
table { border-collapse: collapse; width: 100%; font-size: .95rem; } td { border-top: 1px solid var(--line); padding: .35rem .75rem .35rem 0; vertical-align: top; }
`;
