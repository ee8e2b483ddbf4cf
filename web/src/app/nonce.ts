/* The server gives each page its own word, without which the browser takes no style element. */
declare global {
  interface Window {
    __webpack_nonce__?: string;
  }
}

export const styleNonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";

/* The scroll lock of the dialogs asks for it under this name. */
window.__webpack_nonce__ = styleNonce;
