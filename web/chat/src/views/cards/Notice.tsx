import type { NoticeCard } from "../../wire";

/** Everything his case needs, once and completely. */
export function Notice({ card }: { card: NoticeCard }) {
  return (
    <section class="card card-notice">
      {card.title && <h4>{card.title}</h4>}
      {card.body.sections.map((section) => (
        <div key={section.title} class="section">
          <h5>{section.title}</h5>
          <ul>
            {section.lines.map((line) => (
              <li key={line} dir="auto">
                {line}
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}
