import { Button, Group, Modal, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

interface ConfirmProps {
  title: string;
  children: ReactNode;
  yes: string;
  danger?: boolean;
  busy: boolean;
  onYes: () => void;
  onNo: () => void;
}

/* Says what will happen, then asks. */
export function Confirm({ title, children, yes, danger, busy, onYes, onNo }: ConfirmProps) {
  const { t } = useTranslation();
  return (
    <Modal opened onClose={onNo} title={title} closeButtonProps={{ "aria-label": t("action.close") }} size="lg">
      <Stack gap="md">
        {children}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onNo} data-autofocus>
            {t("action.cancel")}
          </Button>
          <Button color={danger === true ? "red.9" : undefined} loading={busy} onClick={onYes}>
            {yes}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
