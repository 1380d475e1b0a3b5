/** Texts from upstreams. React escapes markup, but not characters that readers can't see. */
import { type ReactElement, useMemo } from 'react';
import classes from './safe-text.module.css';
import { splitText } from './hidden-characters.ts';
import { texts } from './texts.ts';

/**
 * An untrusted text, with characters that are invisible or change the direction of text shown as their
 * code. The text is isolated, so that its direction doesn't affect what surrounds it.
 *
 * @param limit number of characters after which the text is cut. Default 2,000.
 */
export function SafeText({ text, limit = 2_000 }: { readonly text: string; readonly limit?: number }): ReactElement {
  const parts = useMemo(() => splitText(text, limit), [text, limit]);
  return (
    <bdi>
      {parts.map((part, index) =>
        typeof part === 'string' ? (
          part
        ) : (
          // oxlint-disable-next-line react/no-array-index-key -- The parts of a text don't move.
          <span key={index} className={classes.hidden} title={texts.hidden(part.code)}>
            {part.code}
          </span>
        ),
      )}
    </bdi>
  );
}
