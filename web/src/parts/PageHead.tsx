import { Anchor, Group, Text, Title } from "@mantine/core";
import { IconChevronLeft } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useEffect } from "react";
import { Link } from "wouter";

interface PageHeadProps {
  title: string;
  lead?: string;
  back?: { href: string; text: string };
  badge?: ReactNode;
  actions?: ReactNode;
}

/* The title of the page and of the browser's tab, one sentence, and what can be done here. */
export function PageHead({ title, lead, back, badge, actions }: PageHeadProps) {
  useEffect(() => {
    document.title = `${title} · Lazaret`;
  }, [title]);
  return (
    <header className="page-head">
      <div className="page-head-text">
        {back !== undefined && (
          <Anchor component={Link} href={back.href} className="back" size="sm">
            <IconChevronLeft size={16} aria-hidden />
            {back.text}
          </Anchor>
        )}
        <Group gap="sm" align="center">
          <Title order={1} className="page-title">
            {title}
          </Title>
          {badge}
        </Group>
        {lead !== undefined && (
          <Text c="dimmed" maw={720}>
            {lead}
          </Text>
        )}
      </div>
      {actions !== undefined && <div className="page-actions">{actions}</div>}
    </header>
  );
}
