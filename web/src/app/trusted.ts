/* The server forbids making elements out of text. The only text that is ever set so is the style of the components,
 * which holds no tag: with a tag in it, or as a script, it is refused. */
interface TrustedTypePolicyFactory {
  createPolicy(name: string, rules: { createHTML: (text: string) => string | null }): unknown;
}

const { trustedTypes } = window as { trustedTypes?: TrustedTypePolicyFactory };
trustedTypes?.createPolicy("default", { createHTML: (text) => (text.includes("<") ? null : text) });

export {};
