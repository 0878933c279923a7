import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it, onTestFinished } from "vitest";
import { cliOutcome, portFlags, runCli, startedStack } from "../support/local-cli.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "pubsub-start-errors-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const database = (table: string): string[] => [
  "--dynamodb-endpoint",
  inject("dynamodbEndpoint"),
  "--table-name",
  `start-errors-${process.pid}-${table}`,
];

it("prints the port in use, the service that needs it, and the flag that changes it", async () => {
  const occupant = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void occupant.close());
  occupant.on("connection", (socket) => socket.destroy());
  await once(occupant, "listening");
  const { port } = occupant.address() as { port: number };
  const flags = await portFlags();
  flags[3] = String(port);
  const { code, stdout, stderr } = await cliOutcome(runCli(dir, flags));
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toBe(
    `Port ${port} on 127.0.0.1, needed by DynamoDB Local, is in use by another program. ` +
      "Choose another one with --dynamodb-port N.\n",
  );
});

it("prints that a stack is already running when it is started twice", async () => {
  const flags = await portFlags();
  const first = runCli(dir, [...flags, ...database("first"), "--json"]);
  await startedStack(first);
  const { code, stdout, stderr } = await cliOutcome(runCli(dir, [...flags, ...database("second")]));
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toBe(
    `A local stack runs on port ${flags[1]} already (process ${first.pid}). Use it, stop it (Ctrl-C in its terminal, ` +
      `or kill ${first.pid}), or start another one beside it with --gateway-port N --dynamodb-port N --sqs-port N.\n`,
  );
});

it("prints that the table already exists in a given DynamoDB", async () => {
  const first = runCli(dir, [...(await portFlags()), ...database("same"), "--json"]);
  await startedStack(first);
  const { code, stderr } = await cliOutcome(runCli(dir, [...(await portFlags()), ...database("same")]));
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^The DynamoDB at \S+ has a table "\S+" already, .*\. Choose another one with --table-name NAME\.\n$/,
  );
});

it("prints that the address does not belong to this machine", async () => {
  const { code, stderr } = await cliOutcome(runCli(dir, [...(await portFlags()), "--host", "192.0.2.1"]));
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^192\.0\.2\.1 is not an address of this machine \(EADDRNOTAVAIL\), .*\. Choose another one with --host ADDRESS/,
  );
});

it("prints how to install Java if Java is missing and cannot be downloaded", async () => {
  // The registry and the download server cannot be reached
  const unreachable = { HTTPS_PROXY: "http://127.0.0.1:1", https_proxy: "http://127.0.0.1:1" };
  const env = { PATH: dir, HOME: dir, XDG_CACHE_HOME: join(dir, "cache"), ...unreachable };
  const { code, stdout, stderr } = await cliOutcome(runCli(dir, await portFlags(), env));
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(
    /DynamoDB Local needs Java 11 or newer\. Looked in .*apt-get install default-jre-headless/,
  );
  expect(stderr).not.toMatch(/\n {4}at /);
});
