import { useState } from "preact/hooks";
import type { ReceiptCard } from "../../wire";
import { copyText } from "../copy";
import { useHere } from "../context";
import { Sign } from "../icons";

/** The slip he keeps: the number in large type, and what happens by when. */
export function Receipt({ card }: { card: ReceiptCard }) {
  const { w } = useHere();
  const [copied, setCopied] = useState(false);
  const { number, rows } = card.body;
  return (
    <section class="card card-receipt">
      <h4>
        <Sign />
        {card.title}
      </h4>
      <p class="number">
        <span>{w.number}</span>
        <strong translate={false}>{number}</strong>
      </p>
      <dl>
        {rows.map((row) => (
          <div key={row.label} class="row">
            <dt>{row.label}</dt>
            <dd dir="auto">{row.value}</dd>
          </div>
        ))}
      </dl>
      <button type="button" class="button" onClick={() => void copyText(number).then(setCopied)}>
        <span aria-live="polite">{copied ? w.copied : w.copy}</span>
      </button>
    </section>
  );
}
