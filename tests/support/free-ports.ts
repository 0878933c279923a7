import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { env } from "node:process";

/**
 * Below the ports that systems hand out to `listen(0)` and to outgoing connections (Linux: 32768–60999, in
 * ip_local_port_range; macOS and Windows: from 49152). A port of that range can be taken by anybody between the moment
 * when it is found free and the moment when the command under test listens on it.
 */
const FIRST = 12_000;
const PORTS_PER_WORKER = 1_000;
const BLOCKS = 20;

/** Each worker of a test run has a block of its own, so that two of them can't choose the same port. */
const block = Number(env.VITEST_POOL_ID ?? 0) % BLOCKS;
let next = randomInt(PORTS_PER_WORKER);

/** Returns ports on which nothing listens, and which nobody gets who asks the system for a free one. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    next = (next + 1) % PORTS_PER_WORKER;
    const port = FIRST + block * PORTS_PER_WORKER + next;
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

/** Returns a port on which no server listens, for a test of a server that is not there. */
export async function closedPort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ host: "127.0.0.1", port, exclusive: true });
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
