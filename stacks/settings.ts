/** What can be set for a stage, and its default: one for production, one for every other stage. */
export interface Settings {
  /** How long the topic log keeps events, and the ledger what became of them. */
  eventRetentionSeconds: number;
  fanout: {
    memoryMb: number;
    timeoutSeconds: number;
    batchSize: number;
    /** How long Lambda waits for a batch to fill, on top of every publication's latency. */
    batchWindowSeconds: number;
    /** How many workers post at once, from 2 to 1,000. */
    maximumConcurrency: number;
  };
  websocket: { memoryMb: number; timeoutSeconds: number };
  logLevel: "DEBUG" | "INFO" | "WARN" | "ERROR";
  logRetentionDays: number;
  /** X-Ray, at its default sampling. */
  tracing: boolean;
  alarms: {
    /** Who is told; nobody without it, though the alarms change colour. Confirmed by a link that AWS mails. */
    email?: string;
    /** How old the oldest queued message may get. */
    oldestMessageSeconds: number;
    /** How many of all posts may meet the account's rate limit, 0 to 1. */
    throttledShare: number;
  };
  /** Whether `sst remove` is refused, the table is kept and its deletion refused. */
  keep: boolean;
}

/** One vCPU: signing and TLS are the fan-out's work, on one thread; more memory would buy a second, idle one. */
const ONE_VCPU_MB = 1_769;

const COMMON = {
  websocket: {
    // What a client waits for is a cold start: parsing and initialising the bundle, at CPU bought with memory
    memoryMb: 1_024,
    // API Gateway gives up on an integration then
    timeoutSeconds: 29,
  },
  fanout: {
    memoryMb: ONE_VCPU_MB,
    // Ten messages' pages take a few seconds, and what is not posted in time is queued again. Short, because a
    // dead worker's messages come back only after six times this
    timeoutSeconds: 30,
    batchSize: 10,
    // Under load batches fill by themselves; without, waiting would only delay
    batchWindowSeconds: 0,
  },
};

const PRODUCTION: Settings = {
  ...COMMON,
  eventRetentionSeconds: 86_400,
  fanout: {
    ...COMMON.fanout,
    // For topics and pages side by side, not for the rate: two or three workers can use up the 10,000 requests a
    // second that posts share with every API of the account and Region, and all of them learn to share what there is
    maximumConcurrency: 8,
  },
  logLevel: "INFO",
  logRetentionDays: 30,
  tracing: true,
  // The age: one dead worker's messages come back after three minutes, which is no alarm yet. The share: workers
  // that have learned the account's rate meet it with 1 to 3 % of their posts, so this says that it is the limit
  alarms: { oldestMessageSeconds: 300, throttledShare: 0.01 },
  keep: true,
};

const OTHER: Settings = {
  ...COMMON,
  eventRetentionSeconds: 3_600,
  // The least that Lambda takes: a test stage must not eat the account's request rate
  fanout: { ...COMMON.fanout, maximumConcurrency: 2 },
  logLevel: "DEBUG",
  logRetentionDays: 7,
  tracing: false,
  alarms: { oldestMessageSeconds: 900, throttledShare: 0.05 },
  keep: false,
};

/**
 * The settings of a stage. The alarms' address is the one thing that is not for the repository: it is taken from
 * ALARM_EMAIL, which SST reads from `.env` or `.env.<stage>` too.
 */
export function settingsFor(stage: string | undefined, env: NodeJS.ProcessEnv = process.env): Settings {
  const settings = stage === "production" ? PRODUCTION : OTHER;
  const email = env.ALARM_EMAIL;
  return email ? { ...settings, alarms: { ...settings.alarms, email } } : settings;
}
