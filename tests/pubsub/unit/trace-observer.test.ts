import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseTraceHeader } from "../../../packages/pubsub/src/observe/trace-header.ts";
import { traceObserver } from "../../../packages/pubsub/src/observe/trace-observer.ts";
import { within } from "../../support/eventually.ts";

const TRACE = "1-5759e988-bd862e3fe1be46a994272793";
const SAMPLED = `Root=${TRACE};Parent=53995c3f42cd8ad8;Sampled=1`;
const publication = { topicId: "t", publicationId: "p-1", epoch: "0m1c2d3e4", offset: 7 };

/** Takes the place of Lambda's X-Ray daemon. */
let daemon: Socket;
let address: string;

beforeEach(async () => {
  daemon = createSocket("udp4").bind(0, "127.0.0.1");
  await once(daemon, "listening");
  address = `127.0.0.1:${(daemon.address() as AddressInfo).port}`;
});
afterEach(() => daemon.close());

describe("traceObserver", () => {
  it("sends a publish to the daemon as a subsegment of the invocation's trace, annotated with the publication", async () => {
    const observe = traceObserver(
      { _X_AMZN_TRACE_ID: SAMPLED, AWS_XRAY_DAEMON_ADDRESS: address },
      () => 10_000,
    );
    const datagram = within("datagram", once(daemon, "message"));
    observe({ event: "publication-accepted", ...publication, duplicate: false, durationMs: 250 });
    const [header, body] = String((await datagram)[0]).split("\n");
    expect(JSON.parse(header ?? "")).toEqual({ format: "json", version: 1 });
    expect(JSON.parse(body ?? "")).toEqual({
      type: "subsegment",
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      trace_id: TRACE,
      parent_id: "53995c3f42cd8ad8",
      name: "publication-accepted",
      start_time: 9.75,
      end_time: 10,
      annotations: { ...publication, duplicate: false },
    });
  });

  it("sends nothing for an invocation that is not sampled", async () => {
    const env = {
      _X_AMZN_TRACE_ID: SAMPLED.replace("Sampled=1", "Sampled=0"),
      AWS_XRAY_DAEMON_ADDRESS: address,
    };
    const first = within("datagram", once(daemon, "message"));
    const told = { event: "publication-accepted" as const, ...publication, duplicate: false, durationMs: 1 };
    traceObserver(env)(told);
    traceObserver({ ...env, _X_AMZN_TRACE_ID: SAMPLED })({ ...told, publicationId: "sampled" });
    expect(String((await first)[0])).toContain('"sampled"');
  });
});

it.each([undefined, "", "nonsense", "Root=1;Sampled=1", `Root=${TRACE};Parent=5;Sampled=0`])(
  "returns undefined for %j, which names no sampled trace",
  (header) => expect(parseTraceHeader(header)).toBeUndefined(),
);
