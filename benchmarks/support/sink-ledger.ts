import { createTokenBucket } from "../../packages/local/src/gateway/token-bucket.ts";
import type { SinkReport, SinkSettings } from "./sink-protocol.ts";

export type Status = 200 | 429;

/** Decides the status of each post and counts it. */
export interface SinkLedger {
  settings: SinkSettings;
  post(connectionId: string, bodyBytes: number): Status;
  accepted(): number;
  report(): SinkReport;
}

const STEP_MS = 100;
/** API Gateway charges one message per started 32 KB. */
const METERED_BYTES = 32_768;

/** Returns the time of day. It is comparable between processes and never goes back. */
const epochMs = (): number => performance.timeOrigin + performance.now();

export function createSinkLedger(settings: SinkSettings, nowMs: () => number = epochMs): SinkLedger {
  const { quota } = settings;
  const bucket = quota && createTokenBucket({ ratePerSecond: quota.rate, burst: quota.burst }, nowMs);
  const perConnection = new Map<string, number>();
  const counts = { accepted: 0, rejected: 0, meteredMessages: 0 };
  const at: Pick<SinkReport, "firstPostAtMs" | "lastAcceptedAtMs"> = {};
  const timeline = { stepMs: STEP_MS, accepted: [] as number[], rejected: [] as number[] };

  function accept(connectionId: string, bodyBytes: number, now: number): void {
    perConnection.set(connectionId, (perConnection.get(connectionId) ?? 0) + 1);
    counts.accepted += 1;
    counts.meteredMessages += Math.max(1, Math.ceil(bodyBytes / METERED_BYTES));
    at.lastAcceptedAtMs = now;
  }

  return {
    settings,
    accepted: () => counts.accepted,
    post(connectionId, bodyBytes) {
      const now = nowMs();
      at.firstPostAtMs ??= now;
      const step = Math.floor((now - at.firstPostAtMs) / STEP_MS);
      while (timeline.accepted.length <= step) {
        timeline.accepted.push(0);
        timeline.rejected.push(0);
      }
      if (bucket && !bucket.take()) {
        counts.rejected += 1;
        timeline.rejected[step] = (timeline.rejected[step] ?? 0) + 1;
        return 429;
      }
      accept(connectionId, bodyBytes, now);
      timeline.accepted[step] = (timeline.accepted[step] ?? 0) + 1;
      return 200;
    },
    report: () => ({
      ...counts,
      ...at,
      posts: counts.accepted + counts.rejected,
      reached: perConnection.size,
      duplicates: counts.accepted - perConnection.size,
      timeline,
    }),
  };
}
