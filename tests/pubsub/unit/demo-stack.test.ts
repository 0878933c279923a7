import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import { findStack, setEnvironment } from "../../../demo/stack.ts";

const ID = "8d1f2a0e-6f0a-4a0e-9d55-0b6f3f3a1c11";

afterEach(() => vi.unstubAllEnvs());

/** Starts a server on the port that the file names. It may or may not be the stack that wrote the file. */
async function startServer(respond: (path: string) => { status?: number; body: string }): Promise<string> {
  const server = createServer((request, response) => {
    const { status = 200, body } = respond(request.url ?? "");
    response.writeHead(status, { location: "/elsewhere" }).end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function envFile(variables: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pubsub-demo-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "env");
  await writeFile(
    path,
    Object.entries(variables)
      .map(([name, value]) => `${name}='${value}'\n`)
      .join(""),
  );
  return path;
}

const fileOf = (
  origin: string,
  id: Record<string, string> = { PUBSUB_LOCAL_STACK_ID: ID },
): Promise<string> => envFile({ AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: `${origin}/$default`, ...id });

it("finds the stack that wrote the file when its server returns the file's id", async () => {
  const origin = await startServer((path) =>
    path === "/_local/stack" ? { body: JSON.stringify({ stackId: ID }) } : { status: 404, body: "" },
  );
  const stack = await findStack(await fileOf(origin));
  expect(stack).toMatchObject({
    websocketUrl: origin.replace("http", "ws"),
    env: { PUBSUB_LOCAL_STACK_ID: ID },
  });
});

it.each([
  ["returns another stack's id", { body: JSON.stringify({ stackId: "another" }) }],
  ["returns no id", { body: "{}" }],
  ["returns null", { body: "null" }],
  ["returns a page", { body: "<!doctype html>" }],
  ["does not know the path", { status: 404, body: JSON.stringify({ stackId: ID }) }],
  ["redirects", { status: 302, body: "" }],
])("does not use a file whose server %s", async (_, response) => {
  expect(await findStack(await fileOf(await startServer(() => response)))).toBeUndefined();
});

it("does not use a file whose server is gone", async () => {
  expect(await findStack(await fileOf("http://127.0.0.1:9"))).toBeUndefined();
});

it("does not use a file without an id, even if its server responds", async () => {
  const origin = await startServer(() => ({ body: "{}" }));
  expect(await findStack(await fileOf(origin, {}))).toBeUndefined();
});

it("finds no stack if there is no file", async () => {
  expect(await findStack(join(tmpdir(), "no-such-folder", "env"))).toBeUndefined();
});

it("replaces the shell's AWS variables by the stack's settings", () => {
  vi.stubEnv("AWS_PROFILE", "no-such-profile");
  vi.stubEnv("AWS_SESSION_TOKEN", "token of another account");
  vi.stubEnv("AWS_REGION", "eu-west-1");
  const { PATH } = process.env;
  setEnvironment({ env: { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "PUBSUBLOCAL" } });
  const aws = Object.entries(process.env).filter(([name]) => name.startsWith("AWS_"));
  expect(Object.fromEntries(aws)).toEqual({ AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "PUBSUBLOCAL" });
  expect(process.env.PATH).toBe(PATH);
});
