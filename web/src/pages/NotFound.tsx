import { Button } from "@mantine/core";
import { IconMapOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { PageHead } from "../parts/PageHead";
import { Empty } from "../parts/states";

export function NotFound() {
  const { t } = useTranslation();
  return (
    <>
      <PageHead title={t("notFound.title")} />
      <section className="panel">
        <Empty
          icon={<IconMapOff size={30} stroke={1.5} />}
          title={t("notFound.empty")}
          action={
            <Button component={Link} href="/">
              {t("notFound.home")}
            </Button>
          }
        >
          {t("notFound.text")}
        </Empty>
      </section>
    </>
  );
}
