import { useHere } from "./context";

/** What this is, before anybody has said anything. It stays on top like a letterhead. */
export function Welcome() {
  const { w } = useHere();
  return (
    <section class="welcome">
      <h2>{w.welcome}</h2>
      <ol>
        {w.welcomeSteps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <p>{w.welcomeFree}</p>
    </section>
  );
}

/** First words to tap, when the greeting brought no choices of its own. */
export function Openers() {
  const { chat, w } = useHere();
  return (
    <div class="choices" role="group" aria-label={w.tryThese}>
      {w.openers.map((words, place) => (
        <button key={words} type="button" class="choice" onClick={() => chat.say(words)}>
          <span>{w.openerLabels[place]}</span>
        </button>
      ))}
    </div>
  );
}
