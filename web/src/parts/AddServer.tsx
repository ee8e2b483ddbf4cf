import { Alert, Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { IconClock } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { post } from "../api/client";
import type { EnrolmentToken } from "../api/types";
import { useFormat } from "../app/format";
import { CopyLine } from "./CopyLine";
import { Failed } from "./states";

/* As a shell reads it: plain, or in quotes. */
function quoted(folder: string): string {
  return /^[\w@%+=:,./-]+$/.test(folder) ? folder : `'${folder.replaceAll("'", "'\\''")}'`;
}

/* The console's command ends in the place of the folder, which is filled in here. */
function filledIn(command: string, folder: string): string {
  const name = folder.trim();
  return name === "" ? command : command.replace(/ DIR$/, () => ` ${quoted(name)}`);
}

function Command({ token, folder }: { token: EnrolmentToken; folder: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <>
      <Text>{t("addServer.how")}</Text>
      <CopyLine text={filledIn(token.command, folder)} label={t("addServer.command")} />
      <Alert color="harbour" icon={<IconClock aria-hidden />}>
        {t("addServer.expires", { until: format.full(token.expires) })}
      </Alert>
      <Text size="sm" c="dimmed">
        {t("addServer.then")}
      </Text>
    </>
  );
}

/* One line to copy. The token in it is good for one server and for a short time, and is made when it is asked for. */
export function AddServer({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [folder, setFolder] = useState("/srv");
  const { mutate, data, error, isError, isPending } = useMutation({
    mutationFn: () => post<EnrolmentToken>("/api/v1/enrolment-tokens"),
  });

  return (
    <Modal
      opened
      onClose={onClose}
      size="xl"
      title={t("addServer.title")}
      closeButtonProps={{ "aria-label": t("action.close") }}
    >
      <Stack gap="md">
        <TextInput
          label={t("addServer.folder")}
          description={t("addServer.folderHint")}
          value={folder}
          spellCheck={false}
          onChange={(e) => setFolder(e.currentTarget.value)}
        />
        {isError && <Failed error={error} retry={() => mutate()} />}
        {data !== undefined && <Command token={data} folder={folder} />}
        {data === undefined && !isError && (
          <Group justify="flex-end">
            <Button loading={isPending} onClick={() => mutate()}>
              {t("addServer.make")}
            </Button>
          </Group>
        )}
      </Stack>
    </Modal>
  );
}
