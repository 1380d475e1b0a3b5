/** The examples of a Markdown page: HTTP blocks, each request followed by its answer. */

export interface Example {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly answer: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | undefined;
  };
}

export function examplesIn(markdown: string): Example[] {
  const blocks = [...markdown.matchAll(/```http\n([^]*?)\n```/g)].map(([, block = '']) => block);
  return blocks.flatMap((request, index) => {
    if (request.startsWith('HTTP/')) return [];
    const answer = blocks[index + 1];
    if (answer?.startsWith('HTTP/') !== true) throw new Error(`An example has no answer: ${request}`);
    const { firstLine, ...message } = readMessage(request);
    const { firstLine: statusLine, ...answered } = readMessage(answer);
    const [method = '', path = ''] = firstLine.split(' ');
    return [{ method, path, ...message, answer: { status: Number(statusLine.split(' ')[1]), ...answered } }];
  });
}

function readMessage(text: string): { firstLine: string; headers: Record<string, string>; body: string | undefined } {
  const [head = '', ...rest] = text.split('\n\n');
  const [firstLine = '', ...lines] = head.split('\n');
  const headers = lines
    .map((line) => /^([^:]+): (.*)$/.exec(line) ?? [])
    .map(([, name = '', value = '']) => [name.toLowerCase(), value]);
  return {
    firstLine,
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: rest.length === 0 ? undefined : rest.join('\n\n'),
  };
}
