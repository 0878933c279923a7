import { expect, it } from "vitest";
import { bundleParts } from "./bundle-parts.ts";

it("adds up the sizes per package, also for nested installations, and lists the largest first", () => {
  const input = (kilobytes: number) => ({ bytesInOutput: kilobytes * 1_024 });
  const output = {
    bytes: 0,
    imports: [],
    exports: [],
    inputs: {
      "functions/fanout.ts": input(1),
      "packages/pubsub/src/index.ts": input(2.5),
      "node_modules/@aws-sdk/core/dist/a.js": input(4),
      "node_modules/x/node_modules/@aws-sdk/core/b.js": input(6),
      "node_modules/x/index.js": input(5),
    },
  };
  expect(bundleParts({ outputs: { "bundle.mjs": output } })).toEqual([
    { name: "@aws-sdk/core", kilobytes: 10 },
    { name: "x", kilobytes: 5 },
    { name: "own code", kilobytes: 3.5 },
  ]);
});
