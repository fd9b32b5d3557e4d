import { besideCard, isOutdated } from "../transcript";
import type { Message } from "../wire";
import { CardView } from "./cards/CardView";
import { Choices } from "./Choices";
import { useHere } from "./context";

/** What the helper, a clerk or the service said. */
export function Theirs({ message, isOpen, isNewSpeaker }: { message: Message; isOpen: boolean; isNewSpeaker: boolean }) {
  const { chat, w } = useHere();
  const card = isOutdated(message, chat.messages) ? null : message.card;
  const speaker = message.from === "applicant" ? w.you : w[message.from];
  const ownChoices = card?.kind === "rating";
  const words = besideCard(message);
  const slip = words && (
    <div class="slip">
      <p class="words" dir="auto">
        {words}
      </p>
    </div>
  );
  const drawn = card && <CardView card={card} message={message} isOpen={isOpen} />;
  // What is read back comes first, the question whether it is right after it.
  const readsBack = card?.kind === "read_back";
  return (
    <article class={`theirs theirs-${message.from}`}>
      <h3 class={isNewSpeaker ? "speaker" : "unseen"}>{speaker}</h3>
      {readsBack ? drawn : slip}
      {readsBack ? slip : drawn}
      {message.choices.length > 0 && !ownChoices && <Choices message={message} isOpen={isOpen} />}
    </article>
  );
}
