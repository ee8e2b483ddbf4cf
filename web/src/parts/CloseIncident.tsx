import { Button, Group, Modal, Radio, Stack, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { post } from "../api/client";
import { noteDone, noteFailure } from "./notes";

const REASONS = ["resolved", "false_alarm", "test"] as const;
const COMMENT_MAX = 1000;

export function CloseIncident({ id, onDone }: { id: string; onDone: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [reason, setReason] = useState<string>("resolved");
  const [comment, setComment] = useState("");
  const close = useMutation({
    mutationFn: () => post(`/api/v1/incidents/${encodeURIComponent(id)}/close`, { reason, comment }),
    onSuccess: () => {
      noteDone(t("incident.closed"));
      void client.invalidateQueries();
      onDone();
    },
    onError: (error) => noteFailure(t, error),
  });
  return (
    <Modal
      opened
      onClose={onDone}
      title={t("incident.closeTitle")}
      closeButtonProps={{ "aria-label": t("action.close") }}
    >
      <Stack gap="md">
        <Radio.Group label={t("incident.closeWhy")} value={reason} onChange={setReason}>
          <Stack gap="sm" mt="xs">
            {REASONS.map((r) => (
              <Radio
                key={r}
                value={r}
                label={t(`closeReason.${r}`)}
                description={t(`closeReasonText.${r}`)}
              />
            ))}
          </Stack>
        </Radio.Group>
        <Textarea
          label={t("incident.comment")}
          description={t("incident.commentHint")}
          maxLength={COMMENT_MAX}
          autosize
          minRows={2}
          value={comment}
          onChange={(e) => setComment(e.currentTarget.value)}
        />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onDone}>
            {t("action.cancel")}
          </Button>
          <Button loading={close.isPending} onClick={() => close.mutate()}>
            {t("incident.close")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
