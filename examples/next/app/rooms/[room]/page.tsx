import { notFound } from "next/navigation";
import { Composer } from "../../../components/composer";
import { Room } from "../../../components/room";
import { ROOM_PATTERN } from "../../../lib/message";

export default async function RoomPage({ params }: { params: Promise<{ room: string }> }) {
  const { room } = await params;
  if (!ROOM_PATTERN.test(room)) notFound();
  return (
    <Room room={room}>
      <Composer room={room} />
    </Room>
  );
}
