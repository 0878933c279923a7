import { type PostingStack, startPostingStack } from "../support/posting-stack.ts";

export interface ThrottleSettings {
  /** Posts per second that the sink accepts. */
  quota: number;
  workers: number;
  /** Duration of all posts at the quota. It sets the number of connections. */
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
