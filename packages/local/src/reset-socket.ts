import type { Socket } from "node:net";

/**
 * Ends a connection with a reset. If a socket is already ending or destroyed, `resetAndDestroy` never closes its
 * handle, and Node 24 then spins for ever when the process ends. Such a socket is only destroyed.
 */
export function resetSocket(socket: Socket): void {
  if (socket.writableEnded || socket.destroyed) socket.destroy();
  else socket.resetAndDestroy();
}
