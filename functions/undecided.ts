/**
 * Stands where nobody has decided yet who may read. It lets every client subscribe to every topic, so that a first try
 * works. The deployment to `production` is refused while websocket.ts names it.
 */
export const undecided = "everybody";

/**
 * Stands where nobody has decided yet who may publish. It lets every client publish to every topic. The deployment to
 * `production` is refused while publish.ts names it and the setting `clientPublish` is on.
 */
export const undecidedPublisher = (): true => true;
