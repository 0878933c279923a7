import { once } from "node:events";
import { createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { freePorts } from "../support/free-ports.ts";

/** Where Linux, which CI runs on, begins with the ports that it hands out. The others begin later. */
const FIRST_HANDED_OUT = 32_768;

// A command under test listens seconds after its ports were chosen. Meanwhile other tests ask the system for hundreds
it("returns ports that the system hands out to nobody", async () => {
  const ports = await freePorts(50);
  expect(new Set(ports).size).toBe(50);
  expect(Math.max(...ports)).toBeLessThan(FIRST_HANDED_OUT);
});

it("leaves out a port that is in use", async () => {
  const [port = 0] = await freePorts(1);
  const server = createServer().listen(port + 1, "127.0.0.1");
  onTestFinished(() => void server.close());
  await Promise.race([once(server, "listening"), once(server, "error")]);
  expect(await freePorts(20)).not.toContain(port + 1);
});
