import { createTeardown } from "../../packages/local/src/teardown.ts";
import { bundleFunction, bundleModule, type LambdaBundle } from "../../tests/support/lambda-bundle.ts";

export const BUNDLES = ["fanout", "websocket", "baseline"] as const;
export type BundleName = (typeof BUNDLES)[number];

export const BUNDLE_NAMES: Readonly<Record<BundleName, string>> = {
  fanout: "fan-out function",
  websocket: "websocket function",
  baseline: "the two clients alone",
};

export interface Bundles extends Record<BundleName, LambdaBundle> {
  /** The script that loads a bundle in a new process. */
  probe: LambdaBundle;
  remove(): Promise<void>;
}

/** Bundles the functions as they are deployed, the baseline, and the probe that loads them. */
export async function makeBundles(): Promise<Bundles> {
  const teardown = createTeardown();
  async function defer(name: string, making: Promise<LambdaBundle>): Promise<LambdaBundle> {
    const bundle = await making;
    teardown.defer(name, () => bundle.remove());
    return bundle;
  }
  try {
    return {
      websocket: await defer("websocket", bundleFunction("websocket")),
      fanout: await defer("fanout", bundleFunction("fanout")),
      baseline: await defer("baseline", bundleModule(new URL("./baseline.ts", import.meta.url))),
      probe: await defer("probe", bundleModule(new URL("./init-probe.ts", import.meta.url))),
      remove: () => teardown.run(),
    };
  } catch (error) {
    await teardown.run();
    throw error;
  }
}
