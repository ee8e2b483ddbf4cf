import { useFormat } from "../app/format";
import { Link } from "wouter";

interface TileProps {
  href: string;
  name: string;
  value: number;
  of?: number;
  note: string;
  alert?: boolean;
}

/* One number that matters, and the way to what is behind it. */
export function Tile({ href, name, value, of, note, alert }: TileProps) {
  const format = useFormat();
  return (
    <Link href={href} className="tile" data-alert={alert === true}>
      <span className="tile-name">{name}</span>
      <span className="tile-value">
        {format.short(value)}
        {of !== undefined && <span className="tile-of"> / {format.short(of)}</span>}
      </span>
      <span className="tile-note">{note}</span>
    </Link>
  );
}
