import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Chat } from "../chat";
import type { Words } from "../words";

export interface Here {
  chat: Chat;
  w: Words;
  pick: (from: "camera" | "gallery") => void;
}

export const Context = createContext<Here>(null as unknown as Here);

export const useHere = (): Here => useContext(Context);
