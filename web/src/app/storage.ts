/* What this browser remembers: a language and a colour scheme, nothing else. Storage may be forbidden. */

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`lazaret.${key}`);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string | null) {
  try {
    if (value === null) localStorage.removeItem(`lazaret.${key}`);
    else localStorage.setItem(`lazaret.${key}`, value);
  } catch {
    /* Then it is forgotten with the page. */
  }
}
