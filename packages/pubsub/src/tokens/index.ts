export {
  createTopicTokenAuthorizer,
  type TopicTokenAuthorizer,
  type TopicTokenAuthorizerOptions,
} from "./authorizer.ts";
export type { TopicTokenSecret } from "./keys.ts";
export { type MintTopicTokenOptions, mintTopicToken } from "./mint.ts";
