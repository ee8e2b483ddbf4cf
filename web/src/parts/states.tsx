/* What a page shows while there is nothing to show: it waits, it is empty, or it failed. */
import { Button, Skeleton, Text } from "@mantine/core";
import { IconCloudOff } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { errorText } from "./notes";

interface EmptyProps {
  icon: ReactNode;
  title: string;
  children: ReactNode;
  action?: ReactNode;
}

export function Empty({ icon, title, children, action }: EmptyProps) {
  return (
    <div className="empty">
      <span className="empty-icon" aria-hidden>
        {icon}
      </span>
      <p className="empty-title">{title}</p>
      <Text c="dimmed" size="sm" maw={440} component="div">
        {children}
      </Text>
      {action}
    </div>
  );
}

export function Waiting({ lines = 5 }: { lines?: number }) {
  const { t } = useTranslation();
  return (
    <div className="waiting" role="status" aria-label={t("state.loading")}>
      {Array.from({ length: lines }, (_, i) => (
        <Skeleton key={i} height={i === 0 ? 22 : 16} width={`${96 - ((i * 17) % 40)}%`} radius="sm" />
      ))}
    </div>
  );
}

export function Failed({ error, retry }: { error: unknown; retry: () => void }) {
  const { t } = useTranslation();
  return (
    <div className="empty" role="alert">
      <span className="empty-icon" aria-hidden>
        <IconCloudOff size={30} stroke={1.5} />
      </span>
      <p className="empty-title">{t("state.failed")}</p>
      <Text c="dimmed" size="sm">
        {errorText(t, error)}
      </Text>
      <Button variant="default" onClick={retry}>
        {t("action.retry")}
      </Button>
    </div>
  );
}
