import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { within } from "../../support/eventually.ts";
import { answerOf, localhostCertificateFile, startRawServer } from "../../support/raw-server.ts";

const script = fileURLToPath(new URL("../../support/post-process.ts", import.meta.url));

/** Starts a separate process that posts to a host with these addresses. */
function postFrom(
  protocol: string,
  port: number,
  addresses: string[],
): { waiting: Promise<void>; said: Promise<unknown> } {
  const child = spawn(process.execPath, [script, protocol, String(port), ...addresses], {
    stdio: "pipe",
    env: { ...process.env, NODE_EXTRA_CA_CERTS: localhostCertificateFile },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const waiting = Promise.withResolvers<void>();
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => {
      text += data;
      if (text.includes("waiting")) waiting.resolve();
    });
  }
  const said = within("end of the process", once(child, "close")).then(() => lastLineOf(text));
  said.then(() => waiting.reject(new Error(`ended without waiting: ${text}`))).catch(waiting.reject);
  waiting.promise.catch(() => {}); // Some tests do not await it
  return { waiting: waiting.promise, said };
}

// The connection to a host's second address used to keep the process alive
it.each([
  ["while its connections are open", "http", ["127.0.0.1"]],
  ["while its connections are open", "https", ["127.0.0.1"]],
  ["after the first address of a host failed", "http", ["::1", "127.0.0.1"]],
  ["after the first address of a host failed", "https", ["::1", "127.0.0.1"]],
])("lets a process end %s over %s", async (_, protocol, addresses) => {
  const server = await startRawServer({
    secure: protocol === "https",
    onRequest: ({ answer }) => answer(answerOf("x")),
  });
  const said = await postFrom(protocol, server.port, addresses).said;
  expect(said).toMatchObject({ body: "x", reusable: true });
});

it("keeps a process alive while it waits for a response", async () => {
  const server = await startRawServer();
  const { waiting, said } = postFrom("http", server.port, ["127.0.0.1"]);
  const { answer } = await within("request", server.next());
  await waiting;
  answer(answerOf("late"));
  expect(await said).toMatchObject({ body: "late" });
});

/** Parses the last line. Throws an error with all that the process wrote if that line is not JSON. */
function lastLineOf(text: string): unknown {
  try {
    return JSON.parse(text.trimEnd().split("\n").at(-1) ?? "") as unknown;
  } catch (cause) {
    throw new Error(`the process said no more than ${JSON.stringify(text)}`, { cause });
  }
}
