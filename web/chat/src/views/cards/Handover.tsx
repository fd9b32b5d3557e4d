import { useEffect, useState } from "preact/hooks";
import type { HandoverCard } from "../../wire";
import { useHere } from "../context";

/** How to go on elsewhere: the code in large type, and what carries it there by itself. */
export function Handover({ card }: { card: HandoverCard }) {
  const { w } = useHere();
  const { code, until, links } = card.body;
  const isOld = useIsOver(until);
  if (isOld) return <p class="card card-over">{w.codeOver}</p>;
  return (
    <section class="card card-handover">
      <h4>{card.title}</h4>
      <p class="number">
        <span>{w.code}</span>
        <strong translate={false}>{`${code.slice(0, 4)} ${code.slice(4)}`}</strong>
      </p>
      {links["wechat"] && <Qr link={links["wechat"]} label={w.scanInWechat} />}
      {links["telegram"] && (
        <a class="button" href={links["telegram"]} target="_blank" rel="noopener noreferrer">
          {w.openTelegram}
        </a>
      )}
      {links["webchat"] && <Qr link={links["webchat"]} label={w.scanByPhone} />}
    </section>
  );
}

/** Drawn by the service: it costs a phone less than bringing the drawing along. Without it the digits still do. */
function Qr({ link, label }: { link: string; label: string }) {
  const { chat } = useHere();
  const [picture, setPicture] = useState("");
  useEffect(() => void chat.draw(link).then(setPicture, () => undefined), [link]);
  if (!picture) return null;
  return (
    <figure class="qr">
      <img src={picture} alt={label} width={180} height={180} />
      <figcaption>{label}</figcaption>
    </figure>
  );
}

function useIsOver(until: string): boolean {
  const left = Date.parse(until) - Date.now();
  const [isOver, setOver] = useState(left <= 0);
  useEffect(() => {
    const timer = setTimeout(() => setOver(true), Math.max(0, left));
    return () => clearTimeout(timer);
  }, [until]);
  return isOver;
}
