import { taken } from "../transcript";
import type { Choice, Message } from "../wire";
import { useHere } from "./context";
import { Tick } from "./icons";

/** The answers to one question. Big while it is open; afterwards only a note of what was taken. */
export function Choices({ message, isOpen }: { message: Message; isOpen: boolean }) {
  return isOpen ? <OpenChoices message={message} choices={message.choices} /> : <ClosedChoices message={message} />;
}

export function OpenChoices({ message, choices }: { message: Message; choices: Choice[] }) {
  const { chat, w } = useHere();
  const choose = (choice: Choice) => {
    // The button is about to go: keep the keyboard's place in the conversation.
    document.querySelector<HTMLElement>(".log")?.focus({ preventScroll: true });
    chat.choose(choice, message);
  };
  return (
    <div class="choices" role="group" aria-label={w.choose}>
      {choices.map((choice, place) => (
        <button key={choice.id} type="button" class="choice" onClick={() => choose(choice)}>
          <b>{place + 1}</b>
          <span dir="auto">{choice.label}</span>
        </button>
      ))}
    </div>
  );
}

export function ClosedChoices({ message }: { message: Message }) {
  const { chat, w } = useHere();
  const chosen = taken(chat.messages, chat.outbox.items, message.seq);
  return (
    <ul class="choices-closed">
      {message.choices.map((choice) => (
        <li key={choice.id} class={choice.id === chosen ? "is-chosen" : ""}>
          {choice.id === chosen && (
            <>
              <Tick />
              <span class="unseen">{w.chosen} </span>
            </>
          )}
          <span dir="auto">{choice.label}</span>
        </li>
      ))}
    </ul>
  );
}
