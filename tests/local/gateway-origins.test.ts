/** Every page that a developer had open could connect to the local gateway. */
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { gatewayForTest, within } from "./gateway-support.ts";
import { REBOUND_HOSTS, REFUSED_HOST } from "./rebound-hosts.ts";

describe("a WebSocket handshake", () => {
  let logged: string[];
  const connect = async (headers: Record<string, string>): Promise<string> => {
    const gateway = await gatewayForTest({
      allowedHosts: ["host.docker.internal"],
      allowedOrigins: ["https://app.example:8443", "null"],
      log: ({ level, message }) => logged.push(`${level} ${message}`),
    });
    logged = [];
    const socket = new WebSocket(gateway.websocketUrl, { headers });
    const outcome = new Promise<string>((resolve) => {
      socket.on("open", () => resolve("open"));
      socket.on("error", () => {});
      socket.on("unexpected-response", (_, response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => {
          text += chunk;
        });
        response.on("end", () => resolve(`${response.statusCode} ${text}`));
      });
    });
    return within("outcome of the handshake", outcome).finally(() => socket.terminate());
  };

  it.each<[string, Record<string, string>]>([
    ["without an Origin, as programs send it", {}],
    ["of a page at http://localhost:3000", { origin: "http://localhost:3000" }],
    ["of a page at http://app.localhost:5173", { origin: "http://app.localhost:5173" }],
    ["of a page at http://127.0.0.1", { origin: "http://127.0.0.1" }],
    ["of a page at https://[::1]:3000", { origin: "https://[::1]:3000" }],
    ["of a page of the same address", { host: "192.168.1.5:3001", origin: "http://192.168.1.5:3001" }],
    ["of an origin that is allowed", { origin: "https://app.example:8443" }],
    ["of a file, if null is allowed", { origin: "null" }],
    ["to a host that is allowed", { host: "host.docker.internal:3001" }],
  ])("is accepted %s", async (_, headers) => {
    expect(await connect(headers)).toBe("open");
  });

  it.each([
    ["https://evil.example"],
    ["http://localhost.evil.example"],
    ["http://127.0.0.1.evil.example"],
    ["http://127.evil.example"],
    ["http://evil.example//localhost"],
    ["http://192.168.1.5:3000"],
    ["https://app.example"],
    ["http://app.example:8443"],
    ["chrome-extension://localhost"],
    ["file://localhost"],
  ])("is refused of a page at %s, with the way to allow it in the log", async (origin) => {
    const text = await connect({ origin });
    expect(text).toMatch(/^403 .*may not connect to the local stack\. .*--allow-origin/);
    expect(logged.some((line) => line.startsWith("warn Pages of ") && line.includes(origin))).toBe(true);
  });

  it.each(REBOUND_HOSTS)("is refused to the host %s, even of a page of this machine", async (host) => {
    const text = await connect({ host, origin: `http://${host}` });
    expect(text).toMatch(REFUSED_HOST);
    expect(await connect({ host, origin: "http://localhost:3000" })).toMatch(REFUSED_HOST);
  });
});
