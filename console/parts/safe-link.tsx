/** Links to untrusted URLs. */
import { Anchor, Code } from '@mantine/core';
import type { ReactElement } from 'react';
import { SafeText } from './safe-text.tsx';

/** A link to an http or https URL. Anything else, `javascript:` for example, is shown as text. */
export function SafeLink({ url, label }: { readonly url: string; readonly label?: string }): ReactElement {
  const target = webUrl(url);
  if (target === undefined) {
    return (
      <Code>
        <SafeText text={url} limit={300} />
      </Code>
    );
  }
  return (
    <Anchor href={target} target="_blank" rel="noopener noreferrer nofollow" inherit>
      <SafeText text={label ?? url} limit={300} />
    </Anchor>
  );
}

/** The URL if it is an http or https URL without a user name or password, which could hide the host. */
export function webUrl(text: string): string | undefined {
  const url = URL.parse(text);
  const isOfWeb = url !== null && (url.protocol === 'https:' || url.protocol === 'http:');
  return isOfWeb && url.username === '' && url.password === '' ? url.href : undefined;
}
