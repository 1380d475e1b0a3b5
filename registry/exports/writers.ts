/** The members that most clients share: `url` and `headers` of a remote; `command`, `args`, and `env` of a launch. */
import type { Launch } from './form/launch.ts';
import type { Remote } from './form/server-form.ts';
import { type Syntax, writeTemplate, writeValues } from './syntax.ts';
import { LeftOut } from './target.ts';

export interface WrittenRemote {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface WrittenLaunch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** `httpsOnly`: the client accepts no `http://` URL, not even one of the user's own machine. */
export function remoteWriter(
  syntax: Syntax,
  { httpsOnly = false }: { readonly httpsOnly?: boolean } = {},
): (remote: Remote, server: string) => WrittenRemote {
  return ({ url, headers }, server) => {
    const written = writeTemplate(url, syntax, { server, what: 'its URL' });
    if (httpsOnly && !/^https:\/\//i.test(written)) throw new LeftOut('its URL does not begin with https://');
    if (url.every((part) => typeof part === 'string') && !(/^https?:\/\//i.test(written) && URL.canParse(written))) {
      throw new LeftOut('its URL is not an absolute http(s) URL');
    }
    const values = writeValues(headers, ({ name, value }) =>
      writeTemplate(value, syntax, { server, what: `its header ${name}` }),
    );
    return { url: written, ...(Object.keys(values).length > 0 && { headers: values }) };
  };
}

export function launchWriter(syntax: Syntax): (launch: Launch, server: string) => WrittenLaunch {
  return ({ command, args, environment }, server) => {
    const env = writeValues(environment, ({ name, value }) =>
      writeTemplate(value, syntax, { server, what: `its environment variable ${name}`, variable: name }),
    );
    return {
      command,
      args: args.map((word) => writeTemplate(word, syntax, { server, what: 'an argument' })),
      ...(Object.keys(env).length > 0 && { env }),
    };
  };
}
