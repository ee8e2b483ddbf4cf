/* Short notes about what a person has just done. */
import { notifications } from "@mantine/notifications";
import type { TFunction } from "i18next";
import { ApiError } from "../api/client";
import { i18next } from "../app/i18n";

export function errorText(t: TFunction, error: unknown): string {
  const code = error instanceof ApiError ? error.code : "unknown";
  const params = error instanceof ApiError ? error.params : {};
  const key = `error.${code}`;
  return i18next.exists(key, params) ? t(key, params) : t("error.unknown", { code });
}

export function noteDone(message: string) {
  notifications.show({ message, color: "green", role: "status" });
}

export function noteFailure(t: TFunction, error: unknown) {
  notifications.show({
    title: t("error.title"),
    message: errorText(t, error),
    color: "red",
    role: "alert",
    autoClose: 10_000,
  });
}
