/** The settings of a stage. Their defaults are below: one set for production and one for every other stage. */
export interface Settings {
  /** How long the topic log keeps events, and the ledger keeps the results of their fan-out. */
  eventRetentionSeconds: number;
  /**
   * Producers post to topics of at most this many subscribers themselves, 0 to 100. Their link then also grants what that
   * takes. Their posts are not part of `accountPostsPerSecond`.
   */
  inlineFanoutMax: number;
  /**
   * Whether topics with many subscribers grow over several keys of the index (docs/scale.md). Every deployed function, and every
   * other process that subscribes, must have a version that knows them first.
   */
  hotTopics: boolean;
  fanout: {
    memoryMb: number;
    timeoutSeconds: number;
    batchSize: number;
    /** How long Lambda waits for a batch to fill. Every publication's latency grows by this. */
    batchWindowSeconds: number;
    /** How many workers post at once, from 2 to 1,000. */
    maximumConcurrency: number;
    /**
     * How many posts a second all workers together may make. Each worker gets an equal share (`maxPostsPerSecond`). The
     * rest of the account's request rate is for its other APIs, and for the messages and handshakes of this one. An
     * account has 10,000 requests a second in most Regions, and 2,500 in 13 of them: there set 1,750.
     * https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
     */
    accountPostsPerSecond: number;
    /**
     * How many invocations Lambda keeps for this function, and runs at most. Not less than `maximumConcurrency`, or Lambda
     * throttles the mapping. Without it, a flood of clients' messages can take all of the account's concurrency.
     */
    reservedConcurrency: number | undefined;
  };
  websocket: {
    memoryMb: number;
    timeoutSeconds: number;
    /**
     * The same: a flood of messages must leave some for the account's other functions. An account must keep 100
     * unreserved, so that one with the quota of 10 that new accounts have needs `undefined` here and above.
     * https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
     */
    reservedConcurrency: number | undefined;
  };
  /**
   * Whether clients may publish with messages: a route `PUBLISH`, functions/publish.ts and a role of its own. Without it
   * clients can't publish. Where `mustDecide` is set, functions/publish.ts has to decide who may publish.
   */
  clientPublish: boolean;
  /**
   * Whether clients may be members of topics, and see who else is (docs/presence.md). functions/websocket.ts must then return
   * the user of each connection, or of each SUBSCRIBE.
   */
  presence: boolean;
  /** Whether each heartbeat marks a member as active, for `listMembers({ activeWithinSeconds })`. Needs `presence`. */
  markActivity: boolean;
  /**
   * Who may call the URL of functions/http-publish.ts. `off`: there is no URL. `iam`: those who may sign calls in this
   * account (`lambda:InvokeFunctionUrl`). `everybody`: the function's own `authorize` alone decides.
   */
  httpPublish: "off" | "iam" | "everybody";
  /** Of functions/publish.ts and of functions/http-publish.ts, each. */
  publish: { memoryMb: number; timeoutSeconds: number; reservedConcurrency: number | undefined };
  /**
   * What all clients together may send. API Gateway refuses what is above it, before it costs an invocation. With
   * `clientPublish` it is divided equally between the routes PUBLISH and `$default`, because the limit is each route's.
   */
  messages: { perSecond: number; burst: number };
  /**
   * The most units a second of the table, and of its index. DynamoDB throttles what is above it. It is a limit of the bill:
   * far above what the stage needs, because a throttled index throttles the table's writes too.
   * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode-max-throughput.html
   */
  tableUnits: { readsPerSecond: number; writesPerSecond: number };
  /**
   * The level of the functions' logs. It is also Lambda's, and there must be no higher one: Lambda takes the lines of metrics,
   * which have no level, for INFO and would drop them.
   * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
   */
  logLevel: "DEBUG" | "INFO";
  /**
   * Of which publications the functions log lines: of `all`, or only where something other than delivery happened. With
   * `problems` metrics are written once a minute instead of with every invocation.
   */
  logDeliveries: "problems" | "all";
  logRetentionDays: number;
  /**
   * Whether API Gateway logs every handshake and every message of a client, heartbeats too. A line has about 500 bytes, which
   * at $0.50 a gigabyte adds a quarter to the $1.00 that API Gateway takes for a million messages.
   * https://aws.amazon.com/cloudwatch/pricing/
   */
  accessLog: boolean;
  /** Whether X-Ray traces the fan-out, at its default sampling. The websocket function has nothing to report to a trace. */
  tracing: boolean;
  alarms: {
    /** Who is notified, after confirming with a link that AWS mails. Without it alarms only change their state. */
    email?: string;
    /** The alarm goes off if the oldest queued message is older than this. */
    oldestMessageSeconds: number;
    /** The alarm goes off if the account's rate throttles a larger share of all posts than this, 0 to 1. */
    throttledShare: number;
    /** The alarm goes off if more of the clients' messages than this were refused in a minute. */
    refusedMessages: number;
    /** The alarm goes off if the table and its index are read at more than this share of `tableUnits`, 0 to 1. */
    readUnitsShare: number;
  };
  /** Whether `sst remove` is rejected, and the table is kept and protected from deletion. */
  keep: boolean;
  /** Whether a deployment is refused while the functions do not decide who may read, and who may publish. */
  mustDecide: boolean;
}

/**
 * One vCPU. The fan-out mostly signs and encrypts, on one thread. More memory would add a second vCPU, which would be
 * idle.
 */
const ONE_VCPU_MB = 1_769;

const COMMON = {
  // Every producer that has the link could post to every connection
  inlineFanoutMax: 0,
  // One key is enough for 1,000 subscriptions a second to a topic, and new connections are 500 a second by default
  hotTopics: false,
  // Each costs what strangers can write. Turn it on after deciding who may (docs/deploying.md)
  clientPublish: false,
  httpPublish: "off" as const,
  // Everybody who comes or leaves costs a post to each of the others
  presence: false,
  markActivity: false,
  publish: {
    memoryMb: 1_024,
    timeoutSeconds: 29,
    // At 40 ms a publication, 500 a second need 20. The rest is for cold starts and contended topics
    reservedConcurrency: 50,
  },
  websocket: {
    // Clients wait for cold starts, which parse and initialise the bundle. More memory brings more CPU for that
    memoryMb: 1_024,
    // API Gateway ends an integration after this time
    timeoutSeconds: 29,
    // At 30 ms a message, 1,500 messages a second need 45. The rest is for cold starts and replays
    reservedConcurrency: 100,
  },
  fanout: {
    memoryMb: ONE_VCPU_MB,
    // The pages of ten messages take a few seconds, and what is not posted in time is queued again. It is short,
    // because the messages of a dead worker come back only after six times this
    timeoutSeconds: 30,
    batchSize: 10,
    // Under load batches fill without waiting. Without load, waiting would only add a delay
    batchWindowSeconds: 0,
    // Twice the maximum concurrency of production, because Lambda can run the mapping's functions a little over it
    reservedConcurrency: 8,
  },
};

const PRODUCTION: Settings = {
  ...COMMON,
  eventRetentionSeconds: 86_400,
  fanout: {
    ...COMMON.fanout,
    // More workers would make each one's share of the posts smaller, and topics with fewer than 1,000 subscribers, which
    // one worker posts, slower. Lambda starts with five batches at once, so four workers have their whole share at once
    // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
    maximumConcurrency: 4,
    // 70 % of the 10,000 requests a second that every API of the account and Region shares
    accountPostsPerSecond: 7_000,
  },
  // What the fan-out leaves of the account's 10,000 requests a second is 3,000: for messages and their responses
  messages: { perSecond: 1_500, burst: 1_500 },
  // At most $5.40 an hour for reads and $9.00 for writes. 1,500 heartbeats a second of 8 topics each read 12,000
  tableUnits: { readsPerSecond: 12_000, writesPerSecond: 4_000 },
  logLevel: "INFO",
  logDeliveries: "problems",
  logRetentionDays: 30,
  accessLog: false,
  tracing: true,
  // The age: the messages of one dead worker come back after three minutes, which must not cause an alarm. The share:
  // workers that have learned the account's rate have 1 to 3 % of their posts throttled, so the alarm means that the
  // rate is the limit. The refused messages: a client that is disconnected for what it sends has some 200 refused, so the
  // alarm means that there are several
  alarms: { oldestMessageSeconds: 300, throttledShare: 0.01, refusedMessages: 1_000, readUnitsShare: 0.5 },
  keep: true,
  mustDecide: true,
};

const OTHER: Settings = {
  ...COMMON,
  eventRetentionSeconds: 3_600,
  // Two is the minimum of Lambda. A test stage can be in production's account, whose request rate it must not use up
  fanout: { ...COMMON.fanout, maximumConcurrency: 2, accountPostsPerSecond: 1_000, reservedConcurrency: 4 },
  websocket: { ...COMMON.websocket, reservedConcurrency: 20 },
  publish: { ...COMMON.publish, reservedConcurrency: 10 },
  messages: { perSecond: 200, burst: 400 },
  // At most $0.90 and $1.13 an hour
  tableUnits: { readsPerSecond: 2_000, writesPerSecond: 500 },
  logLevel: "DEBUG",
  logDeliveries: "all",
  logRetentionDays: 7,
  accessLog: true,
  tracing: false,
  alarms: { oldestMessageSeconds: 900, throttledShare: 0.05, refusedMessages: 1_000, readUnitsShare: 0.5 },
  keep: false,
  mustDecide: false,
};

/** Returns each worker's share of the posts. There are at most as many workers as the mapping's maximum concurrency. */
export const maxPostsPerSecond = ({
  accountPostsPerSecond,
  maximumConcurrency,
}: Settings["fanout"]): number => Math.max(1, Math.floor(accountPostsPerSecond / maximumConcurrency));

/** Returns what one route for messages may let through, so that all together keep to `messages`. */
export function messagesOfRoute({ messages, clientPublish }: Settings): Settings["messages"] {
  const routes = clientPublish ? 2 : 1;
  return { perSecond: Math.floor(messages.perSecond / routes), burst: Math.floor(messages.burst / routes) };
}

/** Whether functions of this app fan out what they publish. */
export const publishesInline = ({ clientPublish, httpPublish, inlineFanoutMax }: Settings): boolean =>
  inlineFanoutMax > 0 && (clientPublish || httpPublish !== "off");

/**
 * Returns the settings of a stage. Only the alarms' address does not belong in the repository. It comes from
 * ALARM_EMAIL, which SST also reads from `.env` or `.env.<stage>`.
 */
export function settingsFor(stage: string | undefined, env: NodeJS.ProcessEnv = process.env): Settings {
  const settings = stage === "production" ? PRODUCTION : OTHER;
  const email = env.ALARM_EMAIL;
  return email ? { ...settings, alarms: { ...settings.alarms, email } } : settings;
}
