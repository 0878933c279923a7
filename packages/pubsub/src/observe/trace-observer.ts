import { randomBytes } from "node:crypto";
import type { Socket } from "node:dgram";
import type { Observe, PipelineEvent, PublicationName } from "../core/pipeline-events.ts";
import { parseTraceHeader } from "./trace-header.ts";

/** The default address of Lambda's X-Ray daemon. */
const DAEMON_ADDRESS = "127.0.0.1:2000";
const PROTOCOL_HEADER = `{"format":"json","version":1}\n`;

type Traced = PipelineEvent & { event: "publication-accepted" | "unit-completed" };

/**
 * Reports publishing and delivering to X-Ray, as subsegments of the current invocation's trace. Each is annotated with
 * the publication: search for `annotation.publicationId = "…"`. It sends plain datagrams to Lambda's own daemon,
 * because the X-Ray SDK would be larger than the function it traces. Outside a sampled invocation it does nothing. It stays for
 * one release beside OpenTelemetry's spans (opentelemetry.ts), which X-Ray takes too.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon
 */
export function traceObserver(env: NodeJS.ProcessEnv = process.env, now: () => number = Date.now): Observe {
  // Loaded only where tracing is on, and before the first invocation ends
  const loading = import("node:dgram");
  let socket: Promise<Socket> | undefined;
  return (event) => {
    if (event.event !== "publication-accepted" && event.event !== "unit-completed") return;
    const header = parseTraceHeader(env._X_AMZN_TRACE_ID);
    if (!header) return;
    const endSeconds = now() / 1_000;
    const subsegment = {
      type: "subsegment",
      id: randomBytes(8).toString("hex"),
      trace_id: header.traceId,
      parent_id: header.parentId,
      name: event.event,
      start_time: endSeconds - event.durationMs / 1_000,
      end_time: endSeconds,
      annotations: annotationsOf(event),
    };
    const [host = "127.0.0.1", port = "2000"] = (env.AWS_XRAY_DAEMON_ADDRESS ?? DAEMON_ADDRESS).split(":");
    socket ??= loading.then(openSocket);
    const datagram = PROTOCOL_HEADER + JSON.stringify(subsegment);
    socket.then((open) => open.send(datagram, Number(port), host)).catch(() => {});
  };
}

function annotationsOf(event: Traced): PublicationName & Record<string, string | number | boolean> {
  const { topicId, publicationId, epoch, offset } = event;
  const publication = { topicId, publicationId, epoch, offset };
  if (event.event === "publication-accepted") return { ...publication, duplicate: event.duplicate };
  const { unit, attempt, delivered, gone } = event;
  return { ...publication, unit, attempt, delivered, gone };
}

/** Losing a trace must not fail the invocation, and the socket must not keep the process alive. */
function openSocket({ createSocket }: typeof import("node:dgram")): Socket {
  const socket = createSocket("udp4");
  socket.on("error", () => {});
  socket.unref();
  return socket;
}
