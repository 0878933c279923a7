import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { eventually } from "../../support/eventually.ts";

export type TlsVersion = "TLSv1.2" | "TLSv1.3";

export interface ProxyOptions {
  upstreamPort: number;
  /** The only version that the proxy accepts. */
  tls: TlsVersion;
  /** After how long the proxy closes an idle connection. Default: longer than a test. */
  keepAliveSeconds?: number;
  /** Closes each connection after `requestsPerConnection`, and announces it in the last response. */
  isShortLived?: boolean;
  /** The part of the requests, in percent, on which it resets the connection. They do not reach the upstream. */
  resetPercent?: number;
}

export interface RunningProxy {
  port: number;
  /** Returns how many clients are connected. */
  openConnections(): Promise<number>;
}

export interface ProxyKind {
  name: string;
  requestsPerConnection: number;
  /** Returns what to install where it is missing. */
  missing(): string | undefined;
  /** Starts a proxy that ends with the test. */
  start(options: ProxyOptions): Promise<RunningProxy>;
}

export const LONG_KEEP_ALIVE_SECONDS = 600;

/** What each proxy does by itself, by a part of the path: 429, and 413 for a body over a kilobyte. */
export const THROTTLED = "throttled";
export const LIMITED = "limited";

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pubsub-peer-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs a server until the end of the test. Resolves when it listens on the port. */
export async function runServer(
  program: string,
  args: readonly string[],
  port: number,
  cwd?: string,
): Promise<void> {
  const child = spawn(program, args, { cwd, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const exited = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  const ended = exited.then(() => Promise.reject(new Error(`${program} ended: ${stderr}`)));
  ended.catch(() => undefined); // It ends with the test too
  await Promise.race([ended, eventually(() => canConnect(port))]);
}

async function canConnect(port: number): Promise<void> {
  const socket = connect({ port, host: "127.0.0.1" });
  try {
    await once(socket, "connect");
  } finally {
    socket.destroy();
  }
}
