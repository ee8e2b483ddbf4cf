import i18next from "i18next";
import { initReactI18next, useTranslation } from "react-i18next";
import en from "../locales/en.json";
import fr from "../locales/fr.json";
import { recall, remember } from "./storage";

export const LANGUAGES = ["en", "fr"] as const;
export type Language = (typeof LANGUAGES)[number];

function isLanguage(text: string | undefined): text is Language {
  return LANGUAGES.some((language) => language === text);
}

function firstLanguage(): Language {
  const chosen = recall("language") ?? undefined;
  if (isLanguage(chosen)) return chosen;
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage) ?? "en";
}

void i18next.use(initReactI18next).init({
  resources: { en: { translation: en }, fr: { translation: fr } },
  lng: firstLanguage(),
  fallbackLng: "en",
  interpolation: { escapeValue: false } /* React escapes */,
  returnNull: false,
});
document.documentElement.lang = i18next.language;

export function chooseLanguage(language: Language) {
  remember("language", language);
  document.documentElement.lang = language;
  void i18next.changeLanguage(language);
}

/* Parameters come from afar, from agents too: only words and numbers go into a sentence, and none of them is an option of
 * the translator. */
function optionsOf(params: Record<string, unknown>) {
  const replace: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(params))
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") replace[name] = value;
  return typeof replace.count === "number" ? { replace, count: replace.count } : { replace };
}

/* Text for a code that the console sends. A code newer than this page is shown as it is, never hidden. */
export function useCodes() {
  const { t, i18n } = useTranslation();
  return (family: string, code: string, params: Record<string, unknown> = {}, part = ""): string => {
    const end = part === "" ? "" : `.${part}`;
    const key = `${family}.${code}${end}`;
    const options = optionsOf({ ...params, code });
    const text: unknown = i18n.exists(key, options) ? t(key, { ...options, returnObjects: true }) : undefined;
    return typeof text === "string" ? text : t(`${family}.unknown${end}`, options);
  };
}

export { i18next };
