export type { MembersSnapshot } from "./members-store.ts";
export { PubsubProvider, type PubsubProviderProps, usePubsubClient } from "./provider.ts";
export type { Loaded, TopicSnapshot } from "./topic-store.ts";
export { type UseMembersOptions, useMembers } from "./use-members.ts";
export { type Publish, usePublish } from "./use-publish.ts";
export { type UseTopicOptions, useTopic } from "./use-topic.ts";
