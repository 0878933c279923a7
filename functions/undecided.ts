/**
 * Stands where nobody has decided yet who may read. It lets every client subscribe to every topic, so that a first try
 * works. The deployment to `production` is refused while websocket.ts names it.
 */
export const undecided = "everybody";
