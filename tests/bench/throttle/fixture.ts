import { type PostingStack, startPostingStack } from "../support/posting-stack.ts";

export interface ThrottleSettings {
  /** Posts a second that are let through. */
  quota: number;
  workers: number;
  /** What the connections come to at the quota. */
  seconds: number;
}

export interface ThrottleFixture extends ThrottleSettings, PostingStack {
  connections: number;
  body: string;
}

const BODY_BYTES = 230;

export async function startFixture(
  settings: ThrottleSettings,
  progress: (doing: string) => void,
): Promise<ThrottleFixture> {
  const connections = settings.quota * settings.seconds;
  const posting = await startPostingStack({ subscribers: connections, workers: settings.workers, progress });
  return { ...settings, ...posting, connections, body: "x".repeat(BODY_BYTES) };
}
