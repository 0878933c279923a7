import { createFaultRules, type FaultRules } from "../faults/fault-rules.ts";
import { checkConnectFault, checkDisconnectFault, checkPostFault } from "./fault-checks.ts";
import type {
  ConnectFault,
  ConnectSubject,
  DisconnectFault,
  DisconnectSubject,
  GatewayFaults,
  InitialFaults,
  PostFault,
  PostSubject,
} from "./fault-types.ts";

export interface Faults {
  /** The part that callers use to add rules. */
  control: GatewayFaults;
  hitPost(post: Omit<PostSubject, "attempt" | "total">): PostFault | undefined;
  hitDisconnect(subject: DisconnectSubject): DisconnectFault | undefined;
  hitConnect(subject: ConnectSubject): ConnectFault | undefined;
}

export function createFaults(initial: InitialFaults = {}): Faults {
  const posts: FaultRules<PostSubject, PostFault> = createFaultRules(checkPostFault);
  const disconnects: FaultRules<DisconnectSubject, DisconnectFault> = createFaultRules(checkDisconnectFault);
  const connects: FaultRules<ConnectSubject, ConnectFault> = createFaultRules(checkConnectFault);
  // One entry for each connection id. It is never emptied, so that the attempts of a gone connection keep counting.
  const attempts = new Map<string, number>();
  let total = 0;

  initial.post?.forEach(posts.add);
  initial.disconnect?.forEach(disconnects.add);
  initial.connect?.forEach(connects.add);

  return {
    control: {
      post: posts.add,
      disconnect: disconnects.add,
      connect: connects.add,
      clear() {
        posts.clear();
        disconnects.clear();
        connects.clear();
      },
    },
    hitPost(post) {
      const { connectionId } = post;
      total += 1;
      const attempt = (attempts.get(connectionId) ?? 0) + 1;
      attempts.set(connectionId, attempt);
      return posts.hit({ ...post, attempt, total });
    },
    hitDisconnect: disconnects.hit,
    hitConnect: connects.hit,
  };
}
