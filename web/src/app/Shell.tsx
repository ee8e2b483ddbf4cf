/* The frame around every page: where one is, who one is, and whether the page is live. */
import { AppShell, Burger, Group, Text, UnstyledButton } from "@mantine/core";
import { useDisclosure, useMediaQuery } from "@mantine/hooks";
import {
  IconAlertTriangle,
  IconBox,
  IconHome,
  IconListDetails,
  IconServer2,
  IconWifiOff,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { type LiveState, useLive } from "../api/live";
import { useOverview } from "../api/queries";
import { Boundary } from "../parts/Boundary";
import { Mark } from "../parts/Mark";
import { LanguageMenu, SchemeMenu, UserMenu } from "../parts/Menus";
import { useSession } from "./session";

const PLACES = [
  { path: "/", text: "nav.overview", icon: IconHome },
  { path: "/incidents", text: "nav.incidents", icon: IconAlertTriangle },
  { path: "/endpoints", text: "nav.endpoints", icon: IconServer2 },
  { path: "/quarantine", text: "nav.quarantine", icon: IconBox },
  { path: "/audit", text: "nav.audit", icon: IconListDetails },
] as const;

function isHere(path: string, location: string) {
  return path === "/" ? location === "/" : location === path || location.startsWith(`${path}/`);
}

function Brand() {
  const { t } = useTranslation();
  return (
    <Link href="/" className="brand" aria-label={t("shell.home")}>
      <Mark size={34} />
      <span className="brand-name">Lazaret</span>
    </Link>
  );
}

function Navigation({ onMove }: { onMove: () => void }) {
  const { t } = useTranslation();
  const [location] = useLocation();
  const open = useOverview().data?.incidents.open ?? 0;

  return (
    <nav aria-label={t("shell.navigation")}>
      <ul className="places">
        {PLACES.map(({ path, text, icon: Icon }) => (
          <li key={path}>
            <Link
              href={path}
              className="place"
              aria-current={isHere(path, location) ? "page" : undefined}
              onClick={onMove}
            >
              <Icon size={20} stroke={1.7} aria-hidden />
              <span>{t(text)}</span>
              {path === "/incidents" && open > 0 && (
                <span className="place-count">
                  <span aria-hidden>{open}</span>
                  <span className="sr-only">{t("nav.openIncidents", { count: open })}</span>
                </span>
              )}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function LiveLight({ live }: { live: LiveState }) {
  const { t } = useTranslation();
  return (
    <div className="live" data-state={live}>
      <span className="live-dot" aria-hidden />
      <Text size="sm">{t(`live.${live}`)}</Text>
    </div>
  );
}

/* After a move the reader stands at the top of the new page, with keyboard and screen reader too. */
function useFocusAfterMove() {
  const main = useRef<HTMLElement>(null);
  const [location] = useLocation();
  const last = useRef(location);
  useEffect(() => {
    if (last.current === location) return;
    last.current = location;
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [location]);
  return main;
}

export function Shell({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const { refused } = useSession();
  const live = useLive(refused);
  const main = useFocusAfterMove();
  const [isOpen, { toggle, close }] = useDisclosure(false);
  const isNarrow = useMediaQuery("(max-width: 61.99em)", false, { getInitialValueInEffect: false });
  const [location] = useLocation();
  const version = useOverview().data?.version;

  return (
    <AppShell
      layout="alt"
      header={{ height: 60 }}
      navbar={{ width: 248, breakpoint: "md", collapsed: { mobile: !isOpen } }}
      padding={0}
    >
      <a className="skip" href="#main">
        {t("shell.skip")}
      </a>
      <AppShell.Header className="top">
        <Group gap="xs" hiddenFrom="md" wrap="nowrap">
          <Burger opened={isOpen} onClick={toggle} size="sm" aria-label={t("shell.menu")} aria-expanded={isOpen} />
          <Brand />
        </Group>
        <Group gap={6} ml="auto" wrap="nowrap">
          <LanguageMenu />
          <SchemeMenu />
          <UserMenu />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className="side" inert={isNarrow && !isOpen}>
        <Group justify="space-between" className="side-head">
          <Brand />
          <UnstyledButton className="side-close" hiddenFrom="md" onClick={close}>
            {t("action.close")}
          </UnstyledButton>
        </Group>
        <Navigation onMove={close} />
        <div className="side-foot">
          <LiveLight live={live} />
          {version !== undefined && <Text size="xs">{t("shell.version", { version })}</Text>}
        </div>
      </AppShell.Navbar>
      <AppShell.Main id="main" ref={main} tabIndex={-1} className="main">
        {live === "lost" && (
          <div className="offline" role="status">
            <IconWifiOff size={20} aria-hidden />
            <span>{t("live.banner")}</span>
          </div>
        )}
        <div className="page">
          <Boundary key={location}>{children}</Boundary>
        </div>
      </AppShell.Main>
    </AppShell>
  );
}
