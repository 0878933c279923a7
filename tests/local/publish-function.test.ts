import { describe, expect, it } from "vitest";
import type { LocalOptions, LocalStack } from "../../packages/local/src/index.ts";
import { createInbox, type Inbox } from "./gateway-support.ts";
import { connect, fixture, startInSharedDynamodb } from "./start-local-support.ts";

const recorder = fixture("recorder.ts");
const [websocket, publish] = [`${recorder}#websocket`, `${recorder}#publish`];

interface Recorded {
  recorded: string;
  routeKey: string;
  body: string;
}

async function startRecording(
  functions: NonNullable<LocalOptions["functions"]>,
): Promise<{ stack: LocalStack; recorded: Inbox<Recorded> }> {
  const recorded = createInbox<Recorded>();
  const stack = await startInSharedDynamodb({
    functions,
    onLog: (line, { kind }) => {
      if (kind === "function" && line.startsWith('{"recorded"')) recorded.push(JSON.parse(line));
    },
  });
  return { stack, recorded };
}

describe("functions.publish", () => {
  it("gets the messages of the route PUBLISH, and functions.websocket the others", async () => {
    const { stack, recorded } = await startRecording({ websocket, publish });
    const socket = await connect(stack);
    const bodies = ['{"action":"PUBLISH","topicId":"t"}', '{"action":"SUBSCRIBE","topicId":"t"}', "PUBLISH"];
    for (const body of bodies) socket.send(body);
    const got = [await recorded.next("1"), await recorded.next("2"), await recorded.next("3")];
    expect(got.toSorted((a, b) => bodies.indexOf(a.body) - bodies.indexOf(b.body))).toEqual([
      { recorded: "publish", routeKey: "PUBLISH", body: bodies[0] },
      { recorded: "websocket", routeKey: "$default", body: bodies[1] },
      { recorded: "websocket", routeKey: "$default", body: bodies[2] },
    ]);
    // The handshake and two messages
    expect(stack.stats()).toMatchObject({ publish: { invocations: 1 }, websocket: { invocations: 3 } });
    expect(stack.usage().lambda.requests).toBe(4);
    expect(stack.faults.workers.pids("publish")).toHaveLength(1);
  });

  it("is no function, and $default gets its messages, if only functions.websocket is given", async () => {
    const { stack, recorded } = await startRecording({ websocket });
    const socket = await connect(stack);
    socket.send('{"action":"PUBLISH"}');
    expect(await recorded.next("message")).toMatchObject({ recorded: "websocket", routeKey: "$default" });
    expect(stack.stats()).not.toHaveProperty("publish");
    expect(() => stack.faults.workers.kill("publish")).toThrow(
      'functionName must be one of websocket, fanout; got "publish" (string of 7)',
    );
  });

  it.each([
    [{ functions: { publish: "./not-there.ts" } }, "functions.publish must be the path of a file"],
    [{ functions: { publisher: recorder } }, "functions has no option publisher; it has websocket, fanout"],
    [{ publish: { memoryMb: 1 } }, "publish.memoryMb must be a whole number from 128 to 10240"],
    [{ publish: { memory: 128 } }, "publish has no option memory; it has memoryMb, timeoutMs"],
  ])("is refused with what was expected: %j", async (wrong, message) => {
    await expect(startInSharedDynamodb(wrong as LocalOptions)).rejects.toThrow(message);
  });
});
