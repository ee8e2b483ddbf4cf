import { Alert, Modal, Stack, Text } from "@mantine/core";
import { IconClock } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { post } from "../api/client";
import type { EnrolmentToken } from "../api/types";
import { useFormat } from "../app/format";
import { CopyLine } from "./CopyLine";
import { Failed, Waiting } from "./states";

/* One line to copy. The token in it is good for one server and for a short time. */
export function AddServer({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { mutate, data, error, isError } = useMutation({
    mutationFn: () => post<EnrolmentToken>("/api/v1/enrolment-tokens"),
  });
  useEffect(() => mutate(), [mutate]);

  return (
    <Modal
      opened
      onClose={onClose}
      size="xl"
      title={t("addServer.title")}
      closeButtonProps={{ "aria-label": t("action.close") }}
    >
      {isError && <Failed error={error} retry={() => mutate()} />}
      {!isError && data === undefined && <Waiting lines={3} />}
      {data !== undefined && (
        <Stack gap="md">
          <Text>{t("addServer.how")}</Text>
          <CopyLine text={data.command} label={t("addServer.command")} />
          <Alert color="harbour" icon={<IconClock aria-hidden />}>
            {t("addServer.expires", { until: format.full(data.expires) })}
          </Alert>
          <Text size="sm" c="dimmed">
            {t("addServer.then")}
          </Text>
        </Stack>
      )}
    </Modal>
  );
}
