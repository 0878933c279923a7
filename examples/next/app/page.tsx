import Link from "next/link";

const ROOMS = ["room-1", "room-2", "room-3"];

export default function Home() {
  return (
    <>
      <header>
        <h1>Rooms</h1>
      </header>
      <main>
        <ul className="rooms">
          {ROOMS.map((room) => (
            <li key={room}>
              <Link href={`/rooms/${room}`}>{room}</Link>
            </li>
          ))}
        </ul>
      </main>
    </>
  );
}
