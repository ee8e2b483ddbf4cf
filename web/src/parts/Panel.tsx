import { Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useId } from "react";

interface PanelProps {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
  flush?: boolean;
  className?: string;
}

/* A card with a heading, a region for those who move by headings. */
export function Panel({ title, aside, children, flush, className }: PanelProps) {
  const id = useId();
  return (
    <section className={`panel ${className ?? ""}`} aria-labelledby={id}>
      <div className="panel-head">
        <Title order={2} id={id} className="panel-title">
          {title}
        </Title>
        {aside}
      </div>
      <div className={flush === true ? "panel-flush" : "panel-body"}>{children}</div>
    </section>
  );
}
