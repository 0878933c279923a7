import { describe, expect, it } from "vitest";
import { SYNTHESIS_TIMEOUT_MS } from "./suite.ts";
import { synthesizeProduction } from "./synth/apps.ts";
import { withWebsocketFunction } from "./synth/decided-app.ts";
import { synthesize } from "./synth/synthesize.ts";

const SENTENCE = "functions/websocket.ts does not decide who may read on the stage production. Write there";

/** Synthesizes production with this text of functions/websocket.ts. */
const deployed = (change: (text: string) => string): Promise<unknown> =>
  withWebsocketFunction((root) => synthesize({ stage: "production", root }), change);

// It used to deploy, and every stranger with the URL could read every topic
describe("a deployment to production", () => {
  it(
    "is refused with a sentence that says what to write, as long as websocket.ts is as this repository has it",
    () => expect(synthesize({ stage: "production" })).rejects.toThrow(SENTENCE),
    SYNTHESIS_TIMEOUT_MS,
  );

  it(
    "is refused if websocket.ts has no `authorize` at all",
    () => expect(deployed((text) => text.replaceAll(/undecided|authorize/g, "x"))).rejects.toThrow(SENTENCE),
    SYNTHESIS_TIMEOUT_MS,
  );

  it(
    "is not refused once websocket.ts says that everybody may read",
    async () => expect((await synthesizeProduction()).resources.length).toBeGreaterThan(0),
    SYNTHESIS_TIMEOUT_MS,
  );
});
