import type { Socket } from "node:net";

/**
 * Ends a connection with a reset, as `resetAndDestroy` does; but that one, of a socket that is being ended or is
 * destroyed, never closes the handle, and Node 24 then spins for ever when the process ends. Those are destroyed.
 */
export function resetSocket(socket: Socket): void {
  if (socket.writableEnded || socket.destroyed) socket.destroy();
  else socket.resetAndDestroy();
}
