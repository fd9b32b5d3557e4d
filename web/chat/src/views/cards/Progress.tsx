import type { ProgressCard } from "../../wire";
import { useHere } from "../context";

/** The road of his case: where it has been, where it is, what is left. Words beside every mark, never colour alone. */
export function Progress({ card }: { card: ProgressCard }) {
  const { w } = useHere();
  const { number, title, steps } = card.body;
  return (
    <section class="card card-progress">
      <h4>{card.title || title}</h4>
      {number && (
        <p class="case">
          {card.title && title !== card.title ? `${title} ` : ""}
          <span translate={false}>{number}</span>
        </p>
      )}
      <ol>
        {steps.map((step, place) => (
          <li key={place} class={`step step-${step.state}`} aria-current={step.state === "now" ? "step" : undefined}>
            <span class="step-label">{step.label}</span>
            <span class="step-note">
              {w.steps[step.state]}
              {step.at && ` · ${step.at}`}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
