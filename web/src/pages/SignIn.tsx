import { Alert, Button, Code, Group, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconClock, IconLock } from "@tabler/icons-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { Trans, useTranslation } from "react-i18next";
import { useSession } from "../app/session";
import { Mark } from "../parts/Mark";
import { LanguageMenu, SchemeMenu } from "../parts/Menus";
import { errorText } from "../parts/notes";

function Help() {
  return (
    <div className="sign-help">
      <Text size="sm">
        <Trans i18nKey="signIn.whereFirst" components={{ code: <Code /> }} />
      </Text>
      <Text size="sm">
        <Trans i18nKey="signIn.whereReset" components={{ code: <Code className="command" /> }} />
      </Text>
    </div>
  );
}

function useSignIn() {
  const { t } = useTranslation();
  const { signIn } = useSession();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const submit = async (name: string, password: string) => {
    setBusy(true);
    setProblem(null);
    try {
      await signIn(name, password);
    } catch (error) {
      setProblem(errorText(t, error));
      setBusy(false);
    }
  };
  return { busy, problem, submit };
}

function SignInForm() {
  const { t } = useTranslation();
  const { busy, problem, submit } = useSignIn();
  const [name, setName] = useState("admin");
  const [password, setPassword] = useState("");
  const field = useRef<HTMLInputElement>(null);

  useEffect(() => {
    if (problem !== null) field.current?.select();
  }, [problem]);

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void submit(name, password);
  };
  return (
    <form onSubmit={onSubmit}>
      <Stack gap="md">
        {problem !== null && (
          <Alert color="red" role="alert" icon={<IconLock aria-hidden />} variant="light">
            {problem}
          </Alert>
        )}
        <TextInput
          label={t("signIn.name")}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          required
          withAsterisk={false}
          value={name}
          onChange={(e) => setName(e.currentTarget.value)}
        />
        <PasswordInput
          ref={field}
          label={t("signIn.password")}
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          autoFocus
          value={password}
          onChange={(e) => setPassword(e.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": t("signIn.show"), tabIndex: 0, size: 28 }}
        />
        <Button type="submit" size="md" loading={busy} fullWidth>
          {t("signIn.submit")}
        </Button>
      </Stack>
    </form>
  );
}

export function SignIn() {
  const { t } = useTranslation();
  const { standing } = useSession();
  useEffect(() => {
    document.title = `${t("signIn.title")} · Lazaret`;
  }, [t]);
  return (
    <div className="sign">
      <header className="sign-bar">
        <Group gap={6}>
          <LanguageMenu />
          <SchemeMenu />
        </Group>
      </header>
      <main className="sign-main">
        <div className="sign-card">
          <Group gap="sm" mb="lg">
            <Mark size={44} />
            <div>
              <span className="sign-brand">Lazaret</span>
              <Text size="sm" c="dimmed">
                {t("signIn.tagline")}
              </Text>
            </div>
          </Group>
          <Title order={1} size="h3" mb="md">
            {t("signIn.title")}
          </Title>
          {standing === "expired" && (
            <Alert color="harbour" role="status" icon={<IconClock aria-hidden />} mb="md">
              {t("signIn.expired")}
            </Alert>
          )}
          <SignInForm />
          <Help />
        </div>
      </main>
    </div>
  );
}
