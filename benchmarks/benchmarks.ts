import type { Benchmark } from "./benchmark.ts";

/**
 * All benchmarks except the report, which runs them. Each is loaded on demand, so that no benchmark pays for the
 * imports of the others.
 */
export const BENCHMARKS: Readonly<Record<string, () => Promise<Benchmark>>> = {
  posts: async () => (await import("./posts.ts")).posts,
  fanout: async () => (await import("./fanout.ts")).fanout,
  throttle: async () => (await import("./throttle.ts")).throttle,
  "hot-topic": async () => (await import("./hot-topic.ts")).hotTopic,
  coalesce: async () => (await import("./coalesce.ts")).coalesce,
  latency: async () => (await import("./latency.ts")).latency,
  "small-topic": async () => (await import("./small-topic.ts")).smallTopic,
  idle: async () => (await import("./idle.ts")).idle,
  abuse: async () => (await import("./abuse.ts")).abuse,
  "cold-start": async () => (await import("./cold-start.ts")).coldStart,
};
