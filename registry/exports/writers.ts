/** Converts the ways to reach and to run a server to the formats of clients, and chooses the way that a client gets. */
import type { Launch } from './form/launch.ts';
import type { Remote, ServerForm } from './form/server-form.ts';
import { type Syntax, writeTemplate, writeValues } from './syntax.ts';
import { attempt, LeftOut } from './target.ts';

/**
 * Writes remotes and launches in the format of a client. Both functions throw LeftOut for values that the format can't
 * express.
 */
export interface Writer<RemoteEntry, LaunchEntry = RemoteEntry> {
  readonly remote: (remote: Remote, server: ServerForm) => RemoteEntry;
  readonly launch: (launch: Launch, server: ServerForm) => LaunchEntry;
}

/** A way to reach or run a server, in the format of a client. */
export interface WrittenWay<Entry> {
  readonly way: Remote | Launch;
  readonly entry: Entry;
}

/** The first way that the client can express, or the reason why there is none. */
export function firstWay<RemoteEntry, LaunchEntry>(
  server: ServerForm,
  { remote, launch }: Writer<RemoteEntry, LaunchEntry>,
): WrittenWay<RemoteEntry | LaunchEntry> | { readonly reasons: readonly string[] } {
  const reasons: string[] = [];
  for (const way of [...server.remotes, ...server.launches]) {
    const written = attempt(() => ('url' in way ? remote(way, server) : launch(way, server)));
    if ('value' in written) return { way, entry: written.value };
    reasons.push(written.reason);
  }
  reasons.push(...server.omitted);
  return { reasons: reasons.length === 0 ? ['it has neither a package nor a remote'] : reasons };
}

export interface WrittenRemote {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface WrittenLaunch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * The members that most clients share: `url` and `headers` of a remote; `command`, `args`, and `env` of a launch.
 * `httpsOnly`: the client accepts no `http://` URL, not even one of the user's own machine.
 */
export function writerOf(
  syntax: Syntax,
  { httpsOnly = false }: { readonly httpsOnly?: boolean } = {},
): Writer<WrittenRemote, WrittenLaunch> {
  return {
    remote: ({ url, headers }, { name: server }) => {
      const written = writeTemplate(url, syntax, { server, what: 'its URL' });
      if (httpsOnly && !/^https:\/\//i.test(written)) throw new LeftOut('its URL does not begin with https://');
      if (url.every((part) => typeof part === 'string') && !(/^https?:\/\//i.test(written) && URL.canParse(written))) {
        throw new LeftOut('its URL is not an absolute http(s) URL');
      }
      const values = writeValues(headers, ({ name, value }) =>
        writeTemplate(value, syntax, { server, what: `its header ${name}` }),
      );
      return { url: written, ...(Object.keys(values).length > 0 && { headers: values }) };
    },
    launch: ({ command, args, environment }, { name: server }) => {
      const env = writeValues(environment, ({ name, value }) =>
        writeTemplate(value, syntax, { server, what: `its environment variable ${name}`, variable: name }),
      );
      return {
        command,
        args: args.map((word) => writeTemplate(word, syntax, { server, what: 'an argument' })),
        ...(Object.keys(env).length > 0 && { env }),
      };
    },
  };
}

/** Like `writerOf`, with a `type`: `http`, `sse`, or `stdio`. */
export function typedWriter(
  syntax: Syntax,
): Writer<WrittenRemote & Pick<Remote, 'type'>, WrittenLaunch & { readonly type: 'stdio' }> {
  const write = writerOf(syntax);
  return {
    remote: (remote, server) => ({ type: remote.type, ...write.remote(remote, server) }),
    launch: (launch, server) => ({ type: 'stdio', ...write.launch(launch, server) }),
  };
}
