/** The settings of a stage. Their defaults are below: one set for production and one for every other stage. */
export interface Settings {
  /** How long the topic log keeps events, and the ledger keeps the results of their fan-out. */
  eventRetentionSeconds: number;
  fanout: {
    memoryMb: number;
    timeoutSeconds: number;
    batchSize: number;
    /** How long Lambda waits for a batch to fill. Every publication's latency grows by this. */
    batchWindowSeconds: number;
    /** How many workers post at once, from 2 to 1,000. */
    maximumConcurrency: number;
  };
  websocket: { memoryMb: number; timeoutSeconds: number };
  logLevel: "DEBUG" | "INFO" | "WARN" | "ERROR";
  logRetentionDays: number;
  /** Whether X-Ray traces, at its default sampling. */
  tracing: boolean;
  alarms: {
    /** Who is notified, after confirming with a link that AWS mails. Without it alarms only change their state. */
    email?: string;
    /** The alarm goes off if the oldest queued message is older than this. */
    oldestMessageSeconds: number;
    /** The alarm goes off if the account's rate throttles a larger share of all posts than this, 0 to 1. */
    throttledShare: number;
  };
  /** Whether `sst remove` is rejected, and the table is kept and protected from deletion. */
  keep: boolean;
}

/**
 * One vCPU. The fan-out mostly signs and encrypts, on one thread. More memory would add a second vCPU, which would be
 * idle.
 */
const ONE_VCPU_MB = 1_769;

const COMMON = {
  websocket: {
    // Clients wait for cold starts, which parse and initialise the bundle. More memory brings more CPU for that
    memoryMb: 1_024,
    // API Gateway ends an integration after this time
    timeoutSeconds: 29,
  },
  fanout: {
    memoryMb: ONE_VCPU_MB,
    // The pages of ten messages take a few seconds, and what is not posted in time is queued again. It is short,
    // because the messages of a dead worker come back only after six times this
    timeoutSeconds: 30,
    batchSize: 10,
    // Under load batches fill without waiting. Without load, waiting would only add a delay
    batchWindowSeconds: 0,
  },
};

const PRODUCTION: Settings = {
  ...COMMON,
  eventRetentionSeconds: 86_400,
  fanout: {
    ...COMMON.fanout,
    // It serves topics and pages in parallel and does not raise the rate. Two or three workers can use up the 10,000
    // requests a second that posts share with every API of the account and Region. The workers learn to share this rate
    maximumConcurrency: 8,
  },
  logLevel: "INFO",
  logRetentionDays: 30,
  tracing: true,
  // The age: the messages of one dead worker come back after three minutes, which must not cause an alarm. The share:
  // workers that have learned the account's rate have 1 to 3 % of their posts throttled, so the alarm means that the
  // rate is the limit
  alarms: { oldestMessageSeconds: 300, throttledShare: 0.01 },
  keep: true,
};

const OTHER: Settings = {
  ...COMMON,
  eventRetentionSeconds: 3_600,
  // The minimum of Lambda: a test stage must not use up the account's request rate
  fanout: { ...COMMON.fanout, maximumConcurrency: 2 },
  logLevel: "DEBUG",
  logRetentionDays: 7,
  tracing: false,
  alarms: { oldestMessageSeconds: 900, throttledShare: 0.05 },
  keep: false,
};

/**
 * Returns the settings of a stage. Only the alarms' address does not belong in the repository. It comes from
 * ALARM_EMAIL, which SST also reads from `.env` or `.env.<stage>`.
 */
export function settingsFor(stage: string | undefined, env: NodeJS.ProcessEnv = process.env): Settings {
  const settings = stage === "production" ? PRODUCTION : OTHER;
  const email = env.ALARM_EMAIL;
  return email ? { ...settings, alarms: { ...settings.alarms, email } } : settings;
}
