import type { Message } from "../../wire";
import { ClosedChoices, OpenChoices } from "../Choices";
import { useHere } from "../context";

/** Five answers in words, 1 the best. No stars: here 1 is very satisfied, and words cannot be read upside down. */
export function Rating({ message, isOpen }: { message: Message; isOpen: boolean }) {
  const { chat, w } = useHere();
  if (!isOpen) return <ClosedChoices message={message} />;
  return (
    <section class="card-rating">
      {message.choices.length > 0 ? (
        <OpenChoices message={message} choices={message.choices} />
      ) : (
        <div class="choices" role="group" aria-label={w.choose}>
          {w.ratings.map((label, place) => (
            <button key={label} type="button" class="choice" onClick={() => chat.say(String(place + 1))}>
              <b>{place + 1}</b>
              <span>{label}</span>
            </button>
          ))}
        </div>
      )}
    </section>
  );
}
