import { Alert, Button, PasswordInput, Stack } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { post } from "../api/client";
import { errorText, noteDone } from "../parts/notes";
import { PageHead } from "../parts/PageHead";
import { Panel } from "../parts/Panel";

interface FieldProps {
  label: string;
  description?: string;
  value: string;
  onChange: (value: string) => void;
  autoComplete: string;
}

function Field({ label, description, value, onChange, autoComplete }: FieldProps) {
  const { t } = useTranslation();
  return (
    <PasswordInput
      label={label}
      description={description}
      required
      withAsterisk={false}
      autoComplete={autoComplete}
      value={value}
      onChange={(e) => onChange(e.currentTarget.value)}
      visibilityToggleButtonProps={{ "aria-label": t("signIn.show"), tabIndex: 0, size: 28 }}
    />
  );
}

function PasswordForm() {
  const { t } = useTranslation();
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const change = useMutation({
    mutationFn: () => post("/api/v1/password", { old, new: fresh }),
    onSuccess: () => {
      noteDone(t("account.changed"));
      setOld("");
      setFresh("");
    },
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <form onSubmit={onSubmit}>
      <Stack gap="md" maw={420}>
        {change.isError && (
          <Alert color="red" role="alert" icon={<IconInfoCircle aria-hidden />}>
            {errorText(t, change.error)}
          </Alert>
        )}
        <Field label={t("account.old")} value={old} onChange={setOld} autoComplete="current-password" />
        <Field
          label={t("account.new")}
          description={t("account.newHint")}
          value={fresh}
          onChange={setFresh}
          autoComplete="new-password"
        />
        <Button type="submit" loading={change.isPending} className="fit">
          {t("account.change")}
        </Button>
      </Stack>
    </form>
  );
}

export function Account() {
  const { t } = useTranslation();
  return (
    <>
      <PageHead title={t("account.title")} />
      <Panel title={t("account.password")}>
        <PasswordForm />
      </Panel>
    </>
  );
}
