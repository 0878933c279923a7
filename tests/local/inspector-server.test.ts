/** Who may call the inspector, and what its API says. Another page of the same browser must not read or publish anything. */
import { once } from "node:events";
import { type OutgoingHttpHeaders, request } from "node:http";
import { PubsubError } from "lambda-websocket-pubsub";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Access, createTokenAccess, openAccess } from "../../packages/local/src/inspector/access.ts";
import { createLiveFeed } from "../../packages/local/src/inspector/live-feed.ts";
import type { InspectorSource } from "../../packages/local/src/inspector/source.ts";
import { type InspectorOptions, startInspector } from "../../packages/local/src/inspector/start-inspector.ts";
import { startLocal } from "../../packages/local/src/start-local.ts";
import { createWebGuard } from "../../packages/local/src/web-guard.ts";
import { within } from "../support/eventually.ts";
import { freePorts } from "../support/free-ports.ts";
import { fakeSource } from "../support/inspector-source.ts";
import { REBOUND_HOSTS } from "./rebound-hosts.ts";

const about = { kind: "aws", table: "t", region: "us-east-1", feed: "all" } as const;

async function start(
  source: InspectorSource = fakeSource(),
  access: Access = openAccess,
  port?: InspectorOptions["port"],
) {
  const feed = createLiveFeed();
  const guard = createWebGuard();
  const parts = { host: "127.0.0.1", port, guard, access, about, source, feed };
  const inspector = await startInspector(parts);
  onTestFinished(() => inspector.stop());
  return { ...inspector, feed };
}

interface Asked {
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: unknown;
}

async function ask(url: string, { method = "GET", headers = {}, body }: Asked = {}) {
  const call = request(url, { method, headers });
  call.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = await within("response", once(call, "response"));
  let text = "";
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode as number, text, headers: response.headers as Record<string, string> };
}

describe("the inspector's server", () => {
  it("takes the port that it prefers, another one if that is in use, and refuses to if the port was demanded", async () => {
    const [port = 0] = await freePorts(1);
    const pages = [await start(fakeSource(), openAccess, { prefer: port })];
    pages.push(await start(fakeSource(), openAccess, { prefer: port }));
    expect(pages[0]?.url).toBe(`http://127.0.0.1:${port}`);
    expect(pages[1]?.url).not.toBe(pages[0]?.url);
    for (const { url } of pages) expect(await ask(`${url}/api/about`)).toMatchObject({ status: 200 });
    await expect(start(fakeSource(), openAccess, port)).rejects.toMatchObject({
      code: "PORT_IN_USE",
      message: `Port ${port} on 127.0.0.1, needed by the inspector, is in use by another program`,
    });
  });

  it.each(REBOUND_HOSTS)("refuses the host %s, to which a page's own name could be rebound", async (host) => {
    const { url } = await start();
    for (const path of ["/", "/api/about"]) {
      expect(await ask(url + path, { headers: { host } })).toMatchObject({ status: 403 });
    }
  });

  it.each<[string, OutgoingHttpHeaders]>([
    ["another origin", { origin: "http://127.0.0.1:1" }],
    ["an opaque origin", { origin: "null" }],
    ["another site without an origin", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }],
    ["another port of this machine", { "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors" }],
    [
      "a form of another page",
      { origin: "http://evil.example", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
    ],
    [
      "a frame in another page",
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
    ],
  ])("refuses a request of %s", async (_, headers) => {
    const { url } = await start();
    for (const method of ["GET", "POST"]) {
      expect(
        await ask(`${url}/api/publish`, { method, headers, ...(method === "POST" && { body: {} }) }),
      ).toMatchObject({ status: 403 });
    }
    expect(await ask(url, { headers })).toMatchObject({ status: 403 });
  });

  it("serves its page to a typed address and to a link, and its own page's requests", async () => {
    const { url } = await start();
    const link = {
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "navigate",
      "sec-fetch-dest": "document",
    };
    for (const headers of [{}, { "sec-fetch-site": "none" }, link]) {
      const { status, text, headers: sent } = await ask(url, { headers });
      expect(status).toBe(200);
      expect(text).toContain('<div id="root">');
      expect(sent["content-security-policy"]).toContain("default-src 'self'");
      expect(sent["content-security-policy"]).toContain("frame-ancestors 'none'");
    }
    const own = { origin: url, "sec-fetch-site": "same-origin" };
    expect(await ask(`${url}/api/about`, { headers: own })).toMatchObject({
      status: 200,
      text: JSON.stringify(about),
    });
    for (const name of ["page.js", "page.css", "icon.svg"]) {
      expect((await ask(`${url}/${name}`)).status).toBe(200);
    }
    expect(await ask(`${url}/../package.json`)).toMatchObject({ status: 404 });
    expect(await ask(`${url}/constructor`)).toMatchObject({ status: 404 });
  });

  it("opens one session for a token, and refuses the token the next time and every call without a key", async () => {
    const tokens: string[] = [];
    const access = createTokenAccess((token) => tokens.push(token));
    const first = access.token;
    const { url } = await start(fakeSource(), access);
    const open = (token: unknown) => ask(`${url}/api/session`, { method: "POST", body: { token } });
    for (const wrong of ["", "x", `${first}x`, first?.slice(1), 7])
      expect((await open(wrong)).status).toBe(401);
    for (const name of ["about", "live", "log?topic=t", "health"]) {
      expect((await ask(`${url}/api/${name}`)).status).toBe(401);
    }
    const opened = await open(first);
    const { key } = JSON.parse(opened.text) as { key: string };
    expect((await open(first)).status).toBe(401);
    expect(tokens).toEqual([access.token]);
    expect(tokens).not.toContain(first);
    const asked = (authorization: string) => ask(`${url}/api/about`, { headers: { authorization } });
    expect((await asked(`Bearer ${key}`)).status).toBe(200);
    for (const wrong of [key, `Bearer ${first}`, `Bearer ${key}x`, "Bearer "]) {
      expect((await asked(wrong)).status).toBe(401);
    }
  });

  it("says what is wrong with a request by its status: 400, 404, or 502 if AWS failed", async () => {
    const { url } = await start(
      fakeSource({
        async publication() {
          throw new PubsubError("PUBLICATION_NOT_FOUND", "no such event");
        },
        async log() {
          throw new PubsubError("STORAGE_FAILED", "Query failed", { cause: new Error("no credentials") });
        },
      }),
    );
    const get = (path: string) => ask(`${url}/api/${path}`);
    expect(await get("log")).toMatchObject({
      status: 400,
      text: expect.stringContaining("topic must be a text"),
    });
    expect(await get("log?topic=t&last=0")).toMatchObject({ status: 400 });
    expect(await get("publication?topic=t&offset=1")).toMatchObject({ status: 404 });
    expect(await get("log?topic=t")).toMatchObject({
      status: 502,
      text: expect.stringContaining("no credentials"),
    });
    expect(await get("nothing")).toMatchObject({ status: 404 });
    expect(await get("hasOwnProperty")).toMatchObject({ status: 404 });
    expect(await ask(`${url}/api/publish`, { method: "POST", body: { topicId: "t" } })).toMatchObject({
      status: 400,
      text: expect.stringContaining("data is missing"),
    });
    expect(await ask(`${url}/api/publish`, { method: "POST", body: [1] })).toMatchObject({
      status: 400,
      text: expect.stringContaining("the body must be a JSON object; got 3 bytes of something else"),
    });
    const large = { topicId: "t", data: "x".repeat(1_000_000) };
    expect(await ask(`${url}/api/publish`, { method: "POST", body: large })).toMatchObject({
      status: 400,
      text: expect.stringContaining("the body must have at most 1000000 bytes; got 10000"),
    });
    expect(await ask(`${url}/api/redrive`, { method: "POST", body: "all" })).toMatchObject({ status: 400 });
  });

  it("needs its option: a port for it alone is refused", async () => {
    await expect(startLocal({ ports: { inspector: 4_000 } })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining("ports.inspector needs inspector: true; got"),
    });
  });

  it("redrives for real only if dryRun is false, and sends the progress in lines", async () => {
    const counts = { redriven: 1, consumers: 1, unsubscribed: 0, skipped: 0, returned: 0, malformed: 0 };
    const result = { ...counts, found: 1, expired: 0, failed: 0, dropped: 0, reasons: [] };
    const asked: unknown[] = [];
    const { url } = await start(
      fakeSource({
        async redrive(given, onProgress) {
          asked.push(given);
          onProgress(result);
          return result;
        },
      }),
    );
    for (const body of [{}, { dryRun: "false" }, { dryRun: false, topicId: "t", max: 3 }]) {
      const { text } = await ask(`${url}/api/redrive`, { method: "POST", body });
      expect(
        text
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line)),
      ).toEqual([{ progress: result }, { result }]);
    }
    expect(asked).toEqual([{ dryRun: true }, { dryRun: true }, { dryRun: false, topicId: "t", max: 3 }]);
  });
});
