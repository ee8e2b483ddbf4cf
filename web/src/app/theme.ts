import type { MantineColorSchemeManager, MantineColorsTuple } from "@mantine/core";
import { createTheme } from "@mantine/core";
import { recall, remember } from "./storage";

const harbour: MantineColorsTuple = [
  "#e9f5f6",
  "#d2e8ea",
  "#a5d2d7",
  "#75bbc2",
  "#4fa7b0",
  "#35959f",
  "#1f7f8a",
  "#0f6a76",
  "#0b5762",
  "#07434c",
];

const ink: MantineColorsTuple = [
  "#dbe5e8",
  "#b9c8cd",
  "#9cb0b7",
  "#5d7078",
  "#33454d",
  "#26363d",
  "#17242a",
  "#0f191e",
  "#0a1216",
  "#060c0f",
];

const FONT =
  '"Inter Variable", system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

export const theme = createTheme({
  primaryColor: "harbour",
  primaryShade: { light: 7, dark: 6 },
  colors: { harbour, dark: ink },
  fontFamily: FONT,
  fontFamilyMonospace: 'ui-monospace, "Cascadia Mono", "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  headings: { fontFamily: FONT, fontWeight: "650" },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  focusRing: "auto",
  components: {
    Modal: { defaultProps: { centered: true, radius: "lg", padding: "lg", overlayProps: { backgroundOpacity: 0.5 } } },
    Tooltip: { defaultProps: { withArrow: true, events: { hover: true, focus: true, touch: true } } },
  },
});

export type Scheme = "light" | "dark" | "auto";

function isScheme(text: string | null): text is Scheme {
  return text === "light" || text === "dark" || text === "auto";
}

export const schemeManager: MantineColorSchemeManager = {
  get(fallback) {
    const chosen = recall("scheme");
    return isScheme(chosen) ? chosen : fallback;
  },
  set(scheme) {
    remember("scheme", scheme);
  },
  subscribe() {
    /* Other tabs keep their own scheme until they are loaded again. */
  },
  unsubscribe() {
    /* Nothing was subscribed. */
  },
  clear() {
    remember("scheme", null);
  },
};
