/* A day of activity, hour by hour: a picture, and the same numbers as a table. */
import { Button, useComputedColorScheme } from "@mantine/core";
import { useDisclosure, useResizeObserver } from "@mantine/hooks";
import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import uPlot from "uplot";
import { useFormat } from "../app/format";
import type { Overview } from "../api/types";

type Activity = Overview["activity"];

const HEIGHT = 190;

const COLOURS = {
  light: { bar: "#8fc4ca", found: "#c2362b", axis: "#566870", grid: "#e6ebed" },
  dark: { bar: "#2f6f78", found: "#f0776c", axis: "#9cb0b7", grid: "#26363d" },
};

function chartOptions(
  width: number,
  colours: (typeof COLOURS)["light"],
  hour: (ms: number) => string,
  number: (n: number) => string,
): uPlot.Options {
  const bars = uPlot.paths.bars?.({ size: [0.62, 26], radius: 0.18 });
  const axis = { stroke: colours.axis, font: '12px "Inter Variable", sans-serif', ticks: { show: false } };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 4, 0, 0],
    scales: {
      x: { time: false, range: (_, min, max) => [min - 0.6, max + 0.6] },
      y: { range: (_, __, max) => [0, Math.max(4, max * 1.1)] },
    },
    series: [
      {},
      { paths: bars, fill: colours.bar, width: 0, points: { show: false } },
      { paths: bars, fill: colours.found, width: 0, points: { show: false } },
    ],
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 28,
        space: 56,
        incrs: [1, 2, 3, 4, 6],
        values: (u, at) => at.map((i) => (Number.isInteger(i) ? hour((u.data[3]?.[i] as number) ?? 0) : "")),
      },
      {
        ...axis,
        grid: { stroke: colours.grid, width: 1 },
        size: 44,
        space: 38,
        values: (_, at) => at.map((n) => (Number.isInteger(n) ? number(n) : "")),
      },
    ],
  };
}

function chartData(activity: Activity): uPlot.AlignedData {
  return [
    activity.map((_, i) => i),
    activity.map((a) => a.events),
    activity.map((a) => a.detections),
    activity.map((a) => a.time),
  ];
}

function Picture({ activity }: { activity: Activity }) {
  const scheme = useComputedColorScheme("light");
  const format = useFormat();
  const [measure, rect] = useResizeObserver<HTMLDivElement>();
  const frame = useRef<HTMLDivElement>(null);
  const width = Math.floor(rect.width);
  const data = useMemo(() => chartData(activity), [activity]);

  useEffect(() => {
    if (frame.current === null || width === 0) return;
    const options = chartOptions(width, COLOURS[scheme], format.hour, format.short);
    const plot = new uPlot(options, data, frame.current);
    return () => plot.destroy();
  }, [width, data, scheme, format]);
  return (
    <div ref={measure} className="chart" aria-hidden>
      <div ref={frame} />
    </div>
  );
}

function Numbers({ activity }: { activity: Activity }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <table className="numbers">
      <caption className="sr-only">{t("activity.title")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("activity.hour")}</th>
          <th scope="col">{t("activity.events")}</th>
          <th scope="col">{t("activity.detections")}</th>
        </tr>
      </thead>
      <tbody>
        {activity.map((a) => (
          <tr key={a.time}>
            <th scope="row">{format.hour(a.time)}</th>
            <td>{format.number(a.events)}</td>
            <td>{format.number(a.detections)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function ActivityChart({ activity }: { activity: Activity }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [asTable, { toggle }] = useDisclosure(false);
  const events = activity.reduce((sum, a) => sum + a.events, 0);
  const detections = activity.reduce((sum, a) => sum + a.detections, 0);
  return (
    <div className="activity">
      <div className="activity-head">
        <ul className="legend" aria-label={t("activity.legend")}>
          <li data-kind="events">{t("activity.eventsTotal", { count: events, shown: format.number(events) })}</li>
          <li data-kind="detections">
            {t("activity.detectionsTotal", { count: detections, shown: format.number(detections) })}
          </li>
        </ul>
        <Button variant="subtle" size="compact-sm" onClick={toggle} aria-pressed={asTable}>
          {t("activity.asTable")}
        </Button>
      </div>
      {asTable ? <Numbers activity={activity} /> : <Picture activity={activity} />}
    </div>
  );
}
