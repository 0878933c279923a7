import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { connect } from "node:tls";
import { expect, it, onTestFinished } from "vitest";
import { type Sink, startSink } from "./sink.ts";
import { until } from "./until.ts";

async function sinkForTest(): Promise<Sink> {
  const sink = await startSink();
  onTestFinished(() => sink.stop());
  return sink;
}

const ca = readFileSync(new URL("../certificate/localhost.cert.pem", import.meta.url));
const agent = new Agent({ keepAlive: true, ca });

interface Response {
  status: number;
  errorType: unknown;
  body: string;
}

function post({ endpoint }: Sink, connectionId: string): Promise<Response> {
  const url = new URL(`${endpoint}/@connections/${encodeURIComponent(connectionId)}`);
  const requestHeaders = { "content-length": 5 };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", agent, headers: requestHeaders });
    sent.on("error", reject);
    sent.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, errorType: headers["x-amzn-errortype"], body });
      });
    });
    sent.end("hello");
  });
}

it("returns the responses of API Gateway and counts the posts", async () => {
  const sink = await sinkForTest();
  await sink.begin({ latencyMs: 0, quota: { rate: 0.001, burst: 2 } });
  expect(await post(sink, "L0SM9cOFvHcCIhw=")).toEqual({ status: 200, errorType: undefined, body: "" });
  expect(await post(sink, "L0SM9cOFvHcCIhw=")).toMatchObject({ status: 200 });
  const rejected = await post(sink, "b=");
  expect(rejected).toMatchObject({ status: 429, errorType: "LimitExceededException" });
  expect(JSON.parse(rejected.body)).toHaveProperty("message");
  const report = await sink.report();
  expect(report).toMatchObject({ posts: 3, accepted: 2, rejected: 1, reached: 1, duplicates: 1 });
  await until("the sink reports the accepted posts", () => sink.accepted() === 2);
  await sink.begin({ latencyMs: 0 });
  expect(sink.accepted()).toBe(0);
  expect(await sink.report()).toMatchObject({ posts: 0, reached: 0 });
});

it("delays all responses by the same latency", async () => {
  const sink = await sinkForTest();
  const latencyMs = 100;
  await sink.begin({ latencyMs });
  const startedMs = performance.now();
  const responses = await Promise.all(Array.from({ length: 20 }, (_, index) => post(sink, `${index}=`)));
  expect(responses.map(({ status }) => status)).toEqual(Array(20).fill(200));
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(latencyMs);
});

it("returns 400 to a malformed request and keeps serving other connections", async () => {
  const sink = await sinkForTest();
  await sink.begin({ latencyMs: 0 });
  const firstResponse = Promise.withResolvers<string>();
  const socket = connect({ host: "localhost", port: Number(new URL(sink.endpoint).port), ca });
  socket.on("data", (bytes) => firstResponse.resolve(bytes.toString()));
  socket.write("BREW /pot HTTP/1.1\r\n\r\n");
  expect(await firstResponse.promise).toMatch(/^HTTP\/1\.1 400 /);
  expect(await post(sink, "a=")).toMatchObject({ status: 200 });
});

it("reports the CPU time of its process until it is stopped", async () => {
  const sink = await startSink();
  expect(sink.cpuMicros()).toBeGreaterThan(0);
  await sink.stop();
  expect(() => sink.cpuMicros()).toThrow();
});
