export { PubsubProvider, type PubsubProviderProps, usePubsubClient } from "./provider.ts";
export type { TopicSnapshot } from "./topic-store.ts";
export { type UseTopicOptions, useTopic } from "./use-topic.ts";
