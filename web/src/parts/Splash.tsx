import { Button, Loader, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useSession } from "../app/session";
import { Mark } from "./Mark";

/* Before it is known who is there, or while the console does not answer. */
export function Splash() {
  const { t } = useTranslation();
  const { standing, retry } = useSession();
  return (
    <main className="splash">
      <Stack align="center" gap="md">
        <Mark size={56} />
        {standing === "asking" ? (
          <Loader type="dots" aria-label={t("state.loading")} />
        ) : (
          <div role="alert">
            <Stack align="center" gap="md">
              <h1 className="splash-title">{t("splash.title")}</h1>
              <Text c="dimmed" ta="center" maw={420}>
                {t("splash.body")}
              </Text>
              <Button onClick={retry}>{t("action.retry")}</Button>
            </Stack>
          </div>
        )}
      </Stack>
    </main>
  );
}
