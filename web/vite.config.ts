import react from "@vitejs/plugin-react";
import { defineConfig, loadEnv } from "vite";
import { thirdParty } from "./tools/third-party.mjs";

/* The build depends on nothing but its sources: a test builds it elsewhere and compares byte for byte. */
export default defineConfig(({ mode }) => {
  const target = loadEnv(mode, ".", "LAZ_").LAZ_CONSOLE ?? "https://127.0.0.1:8443";
  return {
    plugins: [react(), thirdParty()],
    build: {
      target: "es2022",
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      chunkSizeWarningLimit: 1000,
    },
    server: {
      host: "127.0.0.1",
      port: 5173,
      proxy: {
        "/api": {
          target,
          secure: false,
          headers: { origin: target },
        },
      },
    },
  };
});
