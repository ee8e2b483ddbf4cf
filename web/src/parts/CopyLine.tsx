import { Button } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

/* One line for a terminal, and a button that copies it. */
export function CopyLine({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = window.setTimeout(() => setCopied(false), 3000);
    return () => window.clearTimeout(timer);
  }, [copied]);
  const copy = () => void navigator.clipboard.writeText(text).then(() => setCopied(true));
  return (
    <div className="copy-line">
      <pre tabIndex={0} aria-label={label} role="region">
        <code>{text}</code>
      </pre>
      <Button
        variant={copied ? "light" : "filled"}
        leftSection={copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
        onClick={copy}
        data-autofocus
      >
        {copied ? t("action.copied") : t("action.copy")}
      </Button>
      <span className="sr-only" role="status">
        {copied ? t("action.copied") : ""}
      </span>
    </div>
  );
}
