/** Removes secrets from URLs and from messages. */

/** A URL without credentials, query, and fragment, which can be shown. Also takes a path, or `git@host:path`. */
export function displayUrl(url: URL | string): string {
  const text = String(url);
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || !URL.canParse(text)) return text.replace(/[?#].*$/s, '');
  const { protocol, host, pathname } = new URL(text);
  return `${protocol}//${host}${pathname}`;
}

/**
 * A message of a library or program. Removes the credentials and the query of every URL, and the value of an `Authorization` header. Takes linear time for any text,
 * because upstreams can influence messages.
 */
export function withoutSecrets(text: string): string {
  return text.replaceAll(/[^\s'"]+/g, withoutUrlSecrets).replaceAll(/\b(authorization: *\w+) +\S+/gi, '$1 ***');
}

/** A part of a text without white space or quotes, which can contain URLs. */
function withoutUrlSecrets(word: string): string {
  const [before = '', ...urls] = word.split('://');
  if (urls.length === 0 || !/[a-z0-9+.-]$/i.test(before)) return word;
  // Everything after the first question mark may belong to the query, including further URLs.
  const withQuery = urls.findIndex((url) => /[?#]/.test(url));
  const shown = withQuery === -1 ? urls : urls.slice(0, withQuery + 1);
  return [before, ...shown.map((url) => withoutCredentials(url).replace(/[?#].*$/s, ''))].join('://');
}

/** Credentials end at the last `@` before the path. */
function withoutCredentials(url: string): string {
  const end = url.search(/[/?#]/);
  const authority = end === -1 ? url : url.slice(0, end);
  return url.slice(authority.lastIndexOf('@') + 1);
}
