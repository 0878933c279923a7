import { once } from "node:events";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type LocalOptions, type LocalStack, startLocal } from "lambda-websocket-pubsub-local";
import { afterAll, afterEach, beforeAll, expect, inject, it, vi } from "vitest";
import { WebSocket } from "ws";
import { refusedHandshake } from "./gateway-support.ts";

const stacks: LocalStack[] = [];
let folder: string;
let tables = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pubsub-own-functions-"));
  const packages = fileURLToPath(new URL("../../node_modules", import.meta.url));
  await symlink(packages, join(folder, "node_modules"));
});
afterEach(async () => {
  await Promise.all(stacks.splice(0).map((stack) => stack.stop()));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function startWith(websocket: string, options: LocalOptions = {}): Promise<LocalStack> {
  const file = join(folder, `own-${++tables}.ts`);
  await writeFile(file, websocket);
  const stack = await startLocal({
    functions: { websocket: file },
    dynamodbEndpoint: inject("dynamodbEndpoint"),
    tableName: `own-functions-${process.pid}-${tables}`,
    ...options,
  });
  stacks.push(stack);
  return stack;
}

// Without `onLog`, the reason of a handshake that failed with 502 was not shown
it("prints the stack trace of a failing function to standard error if `onLog` is absent", async () => {
  const written = vi.spyOn(console, "error").mockReturnValue();
  const stack = await startWith('export const handler = (): never => { throw new Error("no table"); };\n');
  expect(await refusedHandshake(stack.websocketUrl)).toMatchObject({ status: 502 });
  const lines = written.mock.calls.map(([line]) => String(line));
  written.mockRestore();
  expect(lines).toEqual([
    expect.stringMatching(
      /^\[websocket \d+\] The handler failed: Error: no table\n {4}at handler \(.*own-\d+\.ts:1:\d+\)$/,
    ),
    expect.stringMatching(
      /^\[gateway\] \$connect: the invocation failed \(websocket: Error: no table\); the handshake failed with 502 \(connection \S+\)$/,
    ),
  ]);
});

it("passes the stack's values to a function under the names of functionEnv", async () => {
  const stack = await startWith(
    `export const handler = async (): Promise<object> => {
       if (process.env.MY_TABLE !== process.env.PUBSUB_TABLE_NAME) throw new Error("another table");
       if (process.env.FANOUT_QUEUE_URL !== process.env.PUBSUB_QUEUE_URL) throw new Error("another queue");
       return { statusCode: 200 };
     };\n`,
    {
      functionEnv: ({ PUBSUB_TABLE_NAME: MY_TABLE, PUBSUB_QUEUE_URL: FANOUT_QUEUE_URL }) => ({
        MY_TABLE,
        FANOUT_QUEUE_URL,
      }),
    },
  );
  const socket = new WebSocket(stack.websocketUrl);
  await once(socket, "open");
  socket.close();
  expect(stack.stats().websocket.errors).toBe(0);
});
