import type { Card, Message } from "../../wire";
import { Handover } from "./Handover";
import { Notice } from "./Notice";
import { Paper } from "./Paper";
import { PhotoWanted } from "./PhotoWanted";
import { Progress } from "./Progress";
import { Rating } from "./Rating";
import { ReadBack } from "./ReadBack";
import { Receipt } from "./Receipt";

export interface CardProps<Kind extends Card = Card> {
  card: Kind;
  message: Message;
  isOpen: boolean;
}

/** The drawn twin of a message. A kind this page does not know is left out: the text says the same. */
export function CardView({ card, message, isOpen }: CardProps) {
  switch (card.kind) {
    case "notice":
      return <Notice card={card} />;
    case "photo":
      return <PhotoWanted card={card} isOpen={isOpen} />;
    case "read_back":
      return <ReadBack card={card} isOpen={isOpen} />;
    case "receipt":
      return <Receipt card={card} />;
    case "progress":
      return <Progress card={card} />;
    case "rating":
      return <Rating message={message} isOpen={isOpen} />;
    case "handover":
      return <Handover card={card} />;
    case "document":
      return <Paper card={card} />;
    default:
      return null;
  }
}
