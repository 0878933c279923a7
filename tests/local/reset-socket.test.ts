import { execFile } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { resetSocket } from "../../packages/local/src/reset-socket.ts";

/** Returns both ends of a connection. */
async function connected(): Promise<{ ours: Socket; theirs: Socket }> {
  const server = createServer();
  await once(server.listen(0), "listening");
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const theirs = connect((server.address() as { port: number }).port);
  const [ours] = await accepted;
  onTestFinished(() => {
    ours.destroy();
    theirs.destroy();
    server.close();
  });
  return { ours, theirs };
}

it("resets a connection", async () => {
  const { ours, theirs } = await connected();
  const failed = once(theirs, "error");
  resetSocket(ours);
  expect(await failed).toMatchObject([{ code: "ECONNRESET" }]);
  expect(ours.destroyed).toBe(true);
});

it.each(["end", "destroy"] as const)(
  "closes a connection on which %s was called, and lets the process end",
  async (before) => {
    const script = `
    import net from "node:net";
    import { resetSocket } from ${JSON.stringify(new URL("../../packages/local/src/reset-socket.ts", import.meta.url).href)};
    const server = net.createServer((socket) => {
      socket.on("close", () => console.log("closed"));
      socket.${before}();
      resetSocket(socket);
      server.close();
    });
    server.listen(0, () => net.connect(server.address().port).on("error", () => {}));
  `;
    const node = ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", script];
    const { stdout } = await promisify(execFile)(process.execPath, node, {
      timeout: 120_000,
      killSignal: "SIGKILL",
    });
    expect(stdout).toBe("closed\n");
  },
);
