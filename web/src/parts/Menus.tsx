/* The three small menus of the frame: language, light or dark, and the person. */
import { Button, Menu, useMantineColorScheme } from "@mantine/core";
import {
  IconCheck,
  IconDeviceDesktop,
  IconKey,
  IconLanguage,
  IconLogout,
  IconMoon,
  IconSun,
  IconUserCircle,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { chooseLanguage, LANGUAGES } from "../app/i18n";
import { useSession } from "../app/session";
import type { Scheme } from "../app/theme";
import { noteFailure } from "./notes";

const OWN_NAMES = { en: "English", fr: "Français" } as const;

function Tick({ shown }: { shown: boolean }) {
  return shown ? <IconCheck size={16} aria-hidden /> : <span className="tick-space" />;
}

export function LanguageMenu() {
  const { t, i18n } = useTranslation();
  return (
    <Menu position="bottom-end" width={180}>
      <Menu.Target>
        <Button
          variant="subtle"
          className="bar-button"
          leftSection={<IconLanguage size={18} aria-hidden />}
          aria-label={`${t("menu.language")}: ${i18n.language.toUpperCase()}`}
        >
          {i18n.language.toUpperCase()}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {LANGUAGES.map((language) => (
          <Menu.Item
            key={language}
            lang={language}
            leftSection={<Tick shown={i18n.language === language} />}
            onClick={() => chooseLanguage(language)}
          >
            {OWN_NAMES[language]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

const SCHEMES: { scheme: Scheme; icon: typeof IconSun }[] = [
  { scheme: "light", icon: IconSun },
  { scheme: "dark", icon: IconMoon },
  { scheme: "auto", icon: IconDeviceDesktop },
];

export function SchemeMenu() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Current = SCHEMES.find((s) => s.scheme === colorScheme)?.icon ?? IconDeviceDesktop;
  return (
    <Menu position="bottom-end" width={200}>
      <Menu.Target>
        <Button variant="subtle" className="bar-button" aria-label={t("menu.scheme")}>
          <Current size={18} aria-hidden />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {SCHEMES.map(({ scheme, icon: Icon }) => (
          <Menu.Item
            key={scheme}
            leftSection={<Icon size={16} aria-hidden />}
            rightSection={<Tick shown={colorScheme === scheme} />}
            onClick={() => setColorScheme(scheme)}
          >
            {t(`menu.scheme_${scheme}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

export function UserMenu() {
  const { t } = useTranslation();
  const { session, signOut } = useSession();
  const [, go] = useLocation();
  const name = session?.user.name ?? "";
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <Button
          variant="subtle"
          className="bar-button"
          leftSection={<IconUserCircle size={20} aria-hidden />}
          aria-label={t("menu.user", { name })}
        >
          <span className="wide-only">{name}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconKey size={16} aria-hidden />} onClick={() => go("/account")}>
          {t("menu.password")}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLogout size={16} aria-hidden />}
          onClick={() => void signOut().catch((error: unknown) => noteFailure(t, error))}
        >
          {t("menu.signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
