import { createPublishHandler } from "lambda-websocket-pubsub/handlers";
import { publisherConfig } from "./config.ts";

type Handler = ReturnType<typeof createPublishHandler>;

// Who may publish and read: "iam" lets in whom the URL's IAM authorization has verified; or a hook as in docs/security.md
export const handler: Handler = createPublishHandler({ config: publisherConfig(), authorize: "iam" });
