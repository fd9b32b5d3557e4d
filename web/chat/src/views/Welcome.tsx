import { useHere } from "./context";

/** What this is, before anybody has said anything. It stays on top like a letterhead. */
export function Welcome() {
  const { w } = useHere();
  return (
    <section class="welcome">
      <h2>
        {w.welcome.map((phrase) => (
          <span key={phrase}>{phrase} </span>
        ))}
      </h2>
      <ol>
        {w.welcomeSteps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <p>{w.welcomeFree}</p>
    </section>
  );
}
