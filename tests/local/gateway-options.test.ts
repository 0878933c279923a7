import { describe, expect, test } from "vitest";
import { PubsubLocalError } from "../../packages/local/src/errors.ts";
import {
  defaultLimits,
  type GatewayLimits,
  type GatewayOptions,
  startGateway,
} from "../../packages/local/src/gateway/index.ts";
import { resolveLimits } from "../../packages/local/src/gateway/limits.ts";
import { rejectionOf } from "../support/samples.ts";
import { credentials, gatewayForTest, region } from "./gateway-support.ts";

describe("options", () => {
  test.each<[Record<string, unknown>, string]>([
    [{ prot: 1 }, "startGateway has no option prot; it has host, port, stage, "],
    [{ port: "80" }, 'port must be a whole number from 0 to 65535; got "80" (string of 2)'],
    [{ stage: "a/b" }, "stage must be a stage name"],
    [{ region: undefined }, "region must be a non-empty string; got undefined"],
    [{ invoke: undefined }, "invoke must be a function"],
    [{ credentials: { accessKeyId: "a" } }, "credentials.secretAccessKey must be a non-empty string"],
    [{ limits: { messageBytes: 1.5 } }, "limits.messageBytes must be an integer above 0; got 1.5 (number)"],
    [{ limits: { postPerSecond: 1 } }, "limits has no option postPerSecond; it has messageBytes, "],
    [{ faults: { posts: [] } }, "faults has no option posts; it has post, disconnect, connect"],
    [{ faults: { post: [{}] } }, "faults.post needs one of"],
    [
      { postLatencyMs: -1 },
      "postLatencyMs must be a finite number of milliseconds, 0 or more, or { min, max } of them; got -1 (number)",
    ],
    [{ postLatencyMs: { min: 30, max: 10 } }, "postLatencyMs must be a finite number of milliseconds, 0 or"],
    [{ postLatencyMs: { min: 10 } }, "postLatencyMs must be a finite number of milliseconds, 0 or more"],
    [{ closeEveryResponses: -1 }, "closeEveryResponses must be a whole number from 0; got -1 (number)"],
    [
      { routes: ["$default", "$custom"] },
      "routes must be a list of route keys: $default, and keys of your own",
    ],
    [{ routes: [""] }, "routes must be a list of route keys: $default, and keys of your own"],
    [{ routes: "PUBLISH" }, "routes must be a list of route keys: $default, and keys of your own"],
    [{ httpIdleMs: 0 }, "httpIdleMs must be a whole number from 1 to 600000; got 0 (number)"],
  ])("throws for an invalid one and names it: %j", async (wrong, message) => {
    const options = { region, credentials, invoke: async () => undefined, ...wrong } as GatewayOptions;
    const error = await rejectionOf(startGateway(options));
    expect(error).toBeInstanceOf(PubsubLocalError);
    expect(error).toMatchObject({ code: "INVALID_OPTION" });
    expect(String(error)).toContain(message);
  });

  test("keeps a secret out of the message", async () => {
    const wrong = { accessKeyId: "a", secretAccessKey: 123_456 } as unknown as GatewayOptions["credentials"];
    const error = await rejectionOf(
      startGateway({ region, credentials: wrong, invoke: async () => undefined }),
    );
    expect(String(error)).not.toContain("123456");
  });

  test("keeps a limit that is given as undefined", () => {
    const changes = { frameBytes: undefined, messageBytes: 5 } as unknown as Partial<GatewayLimits>;
    expect(resolveLimits(defaultLimits, changes)).toEqual({ ...defaultLimits, messageBytes: 5 });
  });

  test("throws for invalid limits during a run and changes nothing", async () => {
    const gateway = await gatewayForTest();
    expect(() => gateway.setLimits({ idleTimeoutMs: 0 })).toThrow(
      expect.objectContaining({
        code: "INVALID_OPTION",
        message: expect.stringContaining("idleTimeoutMs must be"),
      }),
    );
  });
});
