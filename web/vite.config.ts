import react from "@vitejs/plugin-react";
import { defineConfig, loadEnv, type ProxyOptions } from "vite";
import { thirdParty } from "./tools/third-party.mjs";

/* The session's cookie is bound to https; the development server speaks http, so it carries it under another name. */
const carryCookie: ProxyOptions["configure"] = (proxy) => {
  proxy.on("proxyRes", (response) => {
    const cookies = response.headers["set-cookie"];
    if (cookies !== undefined)
      response.headers["set-cookie"] = cookies.map((c) => c.replace("__Host-", "dev-").replace(/; *Secure/i, ""));
  });
  proxy.on("proxyReq", (request, incoming) => {
    const cookie = incoming.headers.cookie;
    if (cookie !== undefined) request.setHeader("cookie", cookie.replaceAll("dev-", "__Host-"));
  });
};

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
          changeOrigin: true,
          headers: { origin: target },
          configure: carryCookie,
        },
      },
    },
  };
});
