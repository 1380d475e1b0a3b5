/** The icon of a server, if it can be shown without a request to another host. */
import { Avatar } from '@mantine/core';
import { type ReactElement, useState } from 'react';
import { objectsOf, textOf } from '../../../registry/json.ts';

/** Characters of a data URL. */
const MAX_LENGTH = 200_000;
/** In an `img` element, SVG runs no scripts and loads nothing. */
const IMAGE = /^data:image\/(?:png|jpeg|gif|webp|svg\+xml)[;,]/i;

/** Icons at `https:` URLs are left out: the other host would learn which servers a user looks at. */
export function Icon({ icons, name }: { readonly icons: unknown; readonly name: string }): ReactElement {
  const [hasFailed, setFailed] = useState(false);
  const image = objectsOf(icons)
    .map(({ src }) => textOf(src))
    .find((src) => src !== undefined && src.length <= MAX_LENGTH && IMAGE.test(src));
  if (image === undefined || hasFailed) {
    return (
      <Avatar radius="sm" size={48} color="initials" name={initialOf(name)} aria-hidden>
        {initialOf(name)}
      </Avatar>
    );
  }
  return <img src={image} alt="" width={48} height={48} onError={() => setFailed(true)} />;
}

/** The first letter of the last part of the name. */
function initialOf(name: string): string {
  return (/[\p{L}\p{N}]/u.exec(name.split('/').at(-1) ?? '')?.[0] ?? '?').toUpperCase();
}
