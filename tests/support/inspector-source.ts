import type { InspectorSource } from "../../packages/local/src/inspector/source.ts";

const notExpected = (): never => {
  throw new Error("this test does not expect the call");
};

/** A source that has no topics. A test gives what it needs. */
export const fakeSource = (changes: Partial<InspectorSource> = {}): InspectorSource => ({
  log: async () => [],
  payload: notExpected,
  subscribers: async () => ({ count: 0, capped: false, first: [] }),
  members: async () => ({ count: 0, first: [] }),
  publication: notExpected,
  publish: notExpected,
  letters: async () => ({ visible: 0, held: 0, letters: [] }),
  redrive: notExpected,
  findTopics: async () => ({ topics: [], complete: true }),
  ...changes,
});
