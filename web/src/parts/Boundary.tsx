import { Button, Text } from "@mantine/core";
import { IconMoodSad } from "@tabler/icons-react";
import { Component, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Empty } from "./states";

function Broken() {
  const { t } = useTranslation();
  return (
    <section className="panel" role="alert">
      <Empty
        icon={<IconMoodSad size={30} stroke={1.5} />}
        title={t("broken.title")}
        action={<Button onClick={() => window.location.reload()}>{t("action.reload")}</Button>}
      >
        <Text inherit>{t("broken.text")}</Text>
      </Empty>
    </section>
  );
}

interface BoundaryProps {
  children: ReactNode;
}

/* A page that cannot be drawn says so; the frame around it stays. */
export class Boundary extends Component<BoundaryProps, { isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError() {
    return { isBroken: true };
  }

  override render() {
    return this.state.isBroken ? <Broken /> : this.props.children;
  }
}
