import type { ReadBackCard } from "../../wire";
import { useHere } from "../context";

/** What we understood, row by row, each with its way back. */
export function ReadBack({ card, isOpen }: { card: ReadBackCard; isOpen: boolean }) {
  const { chat, w } = useHere();
  return (
    <section class="card card-rows">
      {card.title && <h4>{card.title}</h4>}
      <dl>
        {card.body.rows.map((row) => (
          <div key={row.key ?? row.label} class="row">
            <dt>{row.label}</dt>
            <dd dir="auto">{row.value}</dd>
            {isOpen && (
              <dd class="row-change">
                <button type="button" class="small-button" aria-label={`${w.change} ${row.label}`} onClick={() => chat.say(w.changeWhat(row.label))}>
                  {w.change}
                </button>
              </dd>
            )}
          </div>
        ))}
      </dl>
    </section>
  );
}
