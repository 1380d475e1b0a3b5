/** What a user enters for the inputs of a server before it is installed. */
import type { Launch } from './launch.ts';
import type { Remote, ServerForm } from './server-form.ts';
import { type Input, inputsOf, type Template } from './template.ts';

/** The inputs of all ways to run or reach a server, each id once, in the order in which they occur. */
export function inputsOfForm({ remotes, launches }: ServerForm): readonly Input[] {
  const found = new Map<string, Input>();
  for (const input of [...remotes, ...launches].flatMap(templatesOf).flatMap(inputsOf)) {
    const known = found.get(input.id);
    const isSecret = input.isSecret || known?.isSecret === true;
    found.set(input.id, { ...(known ?? input), isSecret });
  }
  return [...found.values()];
}

function templatesOf(way: Remote | Launch): readonly Template[] {
  return 'url' in way
    ? [way.url, ...way.headers.map(({ value }) => value)]
    : [...way.args, ...way.environment.map(({ value }) => value)];
}

/**
 * The form with inputs replaced by answers, by their ids. Inputs that are marked as secret stay what they are: no
 * command, file, or link may have a secret in it.
 */
export function withAnswers(form: ServerForm, answers: Readonly<Record<string, string>>): ServerForm {
  const secrets = new Set(
    inputsOfForm(form)
      .filter(({ isSecret }) => isSecret)
      .map(({ id }) => id),
  );
  const filled = (template: Template): Template => {
    const parts: (string | Input)[] = [];
    for (const part of template) {
      const answer = typeof part === 'string' ? part : secrets.has(part.id) ? '' : (answers[part.id] ?? '');
      const next = answer === '' ? part : answer;
      const last = parts.at(-1);
      if (typeof last === 'string' && typeof next === 'string') parts[parts.length - 1] = last + next;
      else parts.push(next);
    }
    return parts;
  };
  const named = <Named extends { readonly value: Template }>(values: readonly Named[]): Named[] =>
    values.map((value) => ({ ...value, value: filled(value.value) }));
  return {
    ...form,
    remotes: form.remotes.map((remote) => ({ ...remote, url: filled(remote.url), headers: named(remote.headers) })),
    launches: form.launches.map((launch) => ({
      ...launch,
      args: launch.args.map(filled),
      environment: named(launch.environment),
    })),
  };
}
