import { useState } from "preact/hooks";
import type { DocumentCard } from "../../wire";
import { useHere } from "../context";

/** Something the office has put in writing, to be saved. The link is made by the tap, so an old card still opens. */
export function Paper({ card }: { card: DocumentCard }) {
  const { chat, w } = useHere();
  const [fault, setFault] = useState(false);
  const { file, title, number } = card.body;
  const open = () => void chat.openPaper(file).then(() => setFault(false), () => setFault(true));
  return (
    <section class="card card-receipt card-paper">
      <h4>{title}</h4>
      <p class="number">
        <span>{w.paperNumber}</span>
        <strong translate={false}>{number}</strong>
      </p>
      <button type="button" class="button" onClick={open}>
        {w.openPaper}
      </button>
      {fault && <p role="alert">{w.paperFault}</p>}
    </section>
  );
}
