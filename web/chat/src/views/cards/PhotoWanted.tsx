import type { PhotoCard } from "../../wire";
import { useHere } from "../context";
import { Guide } from "../Guide";
import { Camera, Picture } from "../icons";

/** Which side of which paper, a drawing of how to hold the phone, and the way to the camera. */
export function PhotoWanted({ card, isOpen }: { card: PhotoCard; isOpen: boolean }) {
  const { w, pick } = useHere();
  const title = card.body.title || card.title;
  if (!isOpen) return null;
  return (
    <section class="card card-photo">
      <h4>{title}</h4>
      <Guide slot={card.body.slot} side={card.body.side} />
      <ul class="tips">
        {w.tips.map((tip) => (
          <li key={tip}>{tip}</li>
        ))}
      </ul>
      <button type="button" class="button button-main" onClick={() => pick("camera")}>
        <Camera />
        {w.camera}
      </button>
      <button type="button" class="button" onClick={() => pick("gallery")}>
        <Picture />
        {w.gallery}
      </button>
    </section>
  );
}
