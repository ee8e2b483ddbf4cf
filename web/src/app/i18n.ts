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

/* Text for a code that the console sends. A code newer than this page is shown as it is, never hidden. */
export function useCodes() {
  const { t, i18n } = useTranslation();
  return (family: string, code: string, params: Record<string, unknown> = {}, part = ""): string => {
    const end = part === "" ? "" : `.${part}`;
    const key = `${family}.${code}${end}`;
    return i18n.exists(key, params) ? t(key, params) : t(`${family}.unknown${end}`, { ...params, code });
  };
}

export { i18next };
