import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { afterPoll } from "../../packages/pubsub/src/aws/transport/after-poll.ts";
import type { PostResult } from "../../packages/pubsub/src/core/ports.ts";
import { eventually } from "../support/eventually.ts";
import { freePorts } from "../support/free-ports.ts";
import { openGateway } from "../support/gateway.ts";
import { haproxy } from "./support/haproxy.ts";
import { httpxy } from "./support/httpxy.ts";
import { nginx } from "./support/nginx.ts";
import {
  each,
  numberedBodies,
  postAll,
  postOnce,
  postThrough,
  postUntilDelivered,
} from "./support/posting.ts";
import { LIMITED, type ProxyKind, THROTTLED, type TlsVersion } from "./support/proxy.ts";
import { type Arrival, startUpstream } from "./support/upstream.ts";

const WIDTH = 20;
const LANES = 40;
const versions: TlsVersion[] = ["TLSv1.2", "TLSv1.3"];
const peers = [nginx, haproxy, httpxy].flatMap((kind) =>
  versions.map((tls): [string, TlsVersion, ProxyKind] => [kind.name, tls, kind]),
);

const connectionsOf = (arrivals: readonly Arrival[]): Set<string> =>
  new Set(arrivals.map(({ connection }) => connection));
const broken: unknown = expect.objectContaining({
  outcome: "failed",
  kind: "broken-connection",
  retryable: true,
});
const unexpected = (failures: readonly PostResult[]): PostResult[] =>
  failures.filter((failure) => failure.outcome !== "failed" || failure.kind !== "broken-connection");

describe.each(peers)("posts through %s with %s", (_, tls, kind) => {
  beforeEach(({ skip }) => {
    const missing = kind.missing();
    skip(missing !== undefined, missing);
  });

  it.each([
    ["empty", false],
    ["chunked", true],
  ])("arrive once over kept connections if responses are %s", async (_shape, isChunked) => {
    const upstream = await startUpstream({ isChunked });
    const proxy = await kind.start({ upstreamPort: upstream.port, tls });
    const bodies = [...numberedBodies(300), "x".repeat(131_072)];
    expect(await postAll(postThrough(proxy), bodies, WIDTH)).toEqual([]);
    expect(upstream.timesByBody()).toEqual(each(bodies, 1));
    expect(new Set(upstream.arrivals.map((arrival) => arrival.tls))).toEqual(new Set([tls]));
    expect(connectionsOf(upstream.arrivals).size).toBeLessThanOrEqual(WIDTH);
  });

  it("keep a signature that the local gateway accepts behind the proxy", async () => {
    const gateway = await openGateway();
    const { consumer, next } = await gateway.connect();
    const proxy = await kind.start({ upstreamPort: gateway.port, tls });
    const post = postThrough(proxy);
    expect(await postOnce(post, "hello", consumer.connectionId)).toEqual({ outcome: "delivered" });
    expect(await next()).toBe("hello");
    expect(await postOnce(post, "hello", "never-was00=")).toEqual({ outcome: "gone" });
    expect(gateway.counts()).toMatchObject({ posts: 2, delivered: 1, gone: 1, forbidden: 0 });
  });

  it("arrive once if connections end after a few requests, and resume the TLS session", async () => {
    const upstream = await startUpstream();
    const proxy = await kind.start({ upstreamPort: upstream.port, tls, isShortLived: true });
    const bodies = numberedBodies(200);
    const post = postThrough(proxy);
    expect(await postAll(post, bodies.slice(0, 100), WIDTH)).toEqual([]);
    expect(await postAll(post, bodies.slice(100), 1)).toEqual([]);
    expect(upstream.timesByBody()).toEqual(each(bodies, 1));
    const { requestsPerConnection } = kind;
    expect(connectionsOf(upstream.arrivals).size).toBeGreaterThanOrEqual(
      bodies.length / requestsPerConnection,
    );
    expect(upstream.arrivals.some(({ isResumed }) => isResumed)).toBe(true);
  });

  it("arrive once after the proxy has closed every idle connection", async () => {
    const upstream = await startUpstream();
    const proxy = await kind.start({ upstreamPort: upstream.port, tls, keepAliveSeconds: 1 });
    const post = postThrough(proxy);
    const bodies = numberedBodies(60);
    for (const start of [0, 20, 40]) {
      expect(await postAll(post, bodies.slice(start, start + 20), WIDTH)).toEqual([]);
      await eventually(async () => expect(await proxy.openConnections()).toBe(0));
      // The poll that read this count has not read every close yet
      await new Promise<void>(afterPoll);
    }
    expect(upstream.timesByBody()).toEqual(each(bodies, 1));
  });

  it("arrive once, with retries, if they meet the close of an idle connection", async () => {
    const upstream = await startUpstream();
    const proxy = await kind.start({ upstreamPort: upstream.port, tls, keepAliveSeconds: 1 });
    const lanes = await Promise.all(
      Array.from({ length: LANES }, async (_lane, lane) => {
        const post = postThrough(proxy);
        const bodies = numberedBodies(4, `lane ${lane}`);
        const failures: PostResult[] = [];
        for (const body of bodies) {
          failures.push(...(await postUntilDelivered(post, body)));
          // Spreads the posts over the moment of the close. What must hold does not depend on where they fall
          await sleep(980 + lane);
        }
        return { bodies, failures };
      }),
    );
    expect(unexpected(lanes.flatMap(({ failures }) => failures))).toEqual([]);
    const bodies = lanes.flatMap((lane) => lane.bodies);
    expect(upstream.timesByBody()).toEqual(each(bodies, 1));
  });

  it("arrive once, with retries, if the proxy resets connections at random", async () => {
    const upstream = await startUpstream();
    const proxy = await kind.start({ upstreamPort: upstream.port, tls, resetPercent: 20 });
    const bodies = numberedBodies(300);
    const failures = await postAll(postThrough(proxy), bodies, WIDTH);
    expect(failures).toContainEqual(broken);
    expect(unexpected(failures)).toEqual([]);
    expect(upstream.timesByBody()).toEqual(each(bodies, 1));
  });

  it("arrive again only by a retry if the upstream loses each first response", async () => {
    const upstream = await startUpstream({ losesFirstResponse: true });
    const proxy = await kind.start({ upstreamPort: upstream.port, tls });
    const bodies = numberedBodies(50);
    const failures = await postAll(postThrough(proxy), bodies, WIDTH);
    // haproxy closes the client's connection too if it had used the one to the upstream before
    const lost = expect.objectContaining({
      outcome: "failed",
      kind: expect.stringMatching(/^(?:5xx|broken-connection)$/),
      retryable: true,
    });
    expect(failures).toEqual(bodies.map(() => lost));
    expect(upstream.timesByBody()).toEqual(each(bodies, 2));
  });

  it("end as the proxy's own status says if it throttles, limits the size or has no upstream", async () => {
    const [upstreamPort = 0] = await freePorts(1);
    const post = postThrough(await kind.start({ upstreamPort, tls }));
    const large = "x".repeat(100_000);
    expect(await postOnce(post, "hello", THROTTLED)).toEqual({ outcome: "throttled" });
    const tooLarge = { outcome: "failed", kind: "4xx", retryable: false, reason: "413" };
    expect(await postOnce(post, large, LIMITED)).toEqual(tooLarge);
    const down = { outcome: "failed", kind: "5xx", retryable: true };
    expect(await postOnce(post, "hello")).toMatchObject(down);
  });
});
