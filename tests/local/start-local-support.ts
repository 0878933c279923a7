import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { inject, onTestFinished } from "vitest";
import { type RawData, WebSocket } from "ws";
import { type LocalOptions, type LocalStack, startLocal } from "../../packages/local/src/index.ts";
import { within } from "../support/eventually.ts";

export const fixture = (name: string): string =>
  fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
export const functions: { websocket: string; fanout: string } = {
  websocket: fixture("websocket.ts"),
  fanout: fixture("fanout.ts"),
};

/** Starts a stack with the functions of the fixtures, and stops it when the test has finished. */
export async function start(options: LocalOptions = {}): Promise<LocalStack> {
  const stack = await startLocal({ functions, ...options });
  onTestFinished(() => stack.stop());
  return stack;
}

/** A JVM takes seconds to start, so only the tests of the JVM start their own. */
export function startInSharedDynamodb(options: LocalOptions = {}): Promise<LocalStack> {
  return start({
    dynamodbEndpoint: inject("dynamodbEndpoint"),
    tableName: `test-${randomUUID()}`,
    ...options,
  });
}

export async function connect(stack: LocalStack): Promise<WebSocket> {
  const socket = new WebSocket(stack.websocketUrl);
  await once(socket, "open");
  return socket;
}

/** Sends a message, and returns the message that the fan-out function of the fixtures posts for it. Ignores others. */
export function answerTo(socket: WebSocket, message: string): Promise<unknown> {
  const answer = new Promise<unknown>((resolve) => {
    const take = (text: RawData): void => {
      const posted = JSON.parse(String(text)) as { data?: unknown };
      if (posted.data !== message) return;
      socket.off("message", take);
      resolve(posted);
    };
    socket.on("message", take);
  });
  socket.send(message);
  return within(`answer to ${message}`, answer);
}

/** Returns the child processes of this process. It reads them from /proc where there is one. */
export async function childPids(): Promise<number[]> {
  const own = await readFile(`/proc/self/task/${process.pid}/children`, "utf8").catch(() => undefined);
  if (own !== undefined) return own.split(" ").filter(Boolean).map(Number).toSorted();
  const ps = spawn("pgrep", ["-P", String(process.pid)]);
  const pids: number[] = [];
  for await (const line of createInterface({ input: ps.stdout })) pids.push(Number(line));
  return pids.filter((pid) => pid !== ps.pid).toSorted();
}
