import type { ReactNode } from "react";
import { RealtimeProvider } from "../../components/realtime-provider";

/** All rooms share one client. Navigating from room to room keeps its connection; leaving the rooms closes it. */
export default function RoomsLayout({ children }: { children: ReactNode }) {
  return <RealtimeProvider>{children}</RealtimeProvider>;
}
