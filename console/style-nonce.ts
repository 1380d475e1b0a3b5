/**
 * The value that lets style elements pass the content security policy. The server writes it into the page. Libraries
 * that lock scrolling behind dialogs read it from the global name that webpack uses (`get-nonce`).
 */
export const styleNonce = document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content ?? '';

Object.assign(globalThis, { __webpack_nonce__: styleNonce });
