import { Alert, Modal, Stack, Text, TextInput } from "@mantine/core";
import { IconClock } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { post } from "../api/client";
import type { EnrolmentToken } from "../api/types";
import { useFormat } from "../app/format";
import { CopyLine } from "./CopyLine";
import { Failed, Waiting } from "./states";

/* As a shell reads it: plain, or in quotes. */
function quoted(folder: string): string {
  return /^[\w@%+=:,./-]+$/.test(folder) ? folder : `'${folder.replaceAll("'", "'\\''")}'`;
}

/* One line to copy. The token in it is good for one server and for a short time. */
export function AddServer({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [folder, setFolder] = useState("/srv");
  const { mutate, data, error, isError } = useMutation({
    mutationFn: () => post<EnrolmentToken>("/api/v1/enrolment-tokens"),
  });
  useEffect(() => mutate(), [mutate]);

  const line = `${data?.command ?? ""}${folder.trim() === "" ? "" : ` --protect ${quoted(folder.trim())}`}`;
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
          <TextInput
            label={t("addServer.folder")}
            description={t("addServer.folderHint")}
            value={folder}
            spellCheck={false}
            onChange={(e) => setFolder(e.currentTarget.value)}
          />
          <Text>{t("addServer.how")}</Text>
          <CopyLine text={line} label={t("addServer.command")} />
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
