/** Values that a user enters for the inputs of a server before it is installed. */
import { inputsOfWay, type ServerForm } from './server-form.ts';
import { type Input, joined, type Template } from './template.ts';

/** The inputs of all ways to run or reach a server, each id once, in the order in which they occur. */
export function inputsOfForm({ remotes, launches }: ServerForm): readonly Input[] {
  const found = new Map<string, Input>();
  for (const input of [...remotes, ...launches].flatMap(inputsOfWay)) {
    const known = found.get(input.id);
    const isSecret = input.isSecret || known?.isSecret === true;
    found.set(input.id, { ...(known ?? input), isSecret });
  }
  return [...found.values()];
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
  const filled = (template: Template): Template =>
    joined(
      template.map((part) => (typeof part === 'string' || secrets.has(part.id) ? part : answers[part.id] || part)),
    );
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
