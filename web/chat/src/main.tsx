import { render } from "preact";
import "../../shared/tokens.css";
import "../../shared/drawing.css";
import "./style/base.css";
import "./style/talk.css";
import "./style/cards.css";
import "./style/menu.css";
import { Chat } from "./chat";
import { recall } from "./keep";
import { App } from "./views/App";

const chat = new Chat();
document.documentElement.lang = chat.lang;
document.documentElement.dataset["size"] = recall("size") ?? "normal";
render(<App chat={chat} />, document.getElementById("page")!);
void chat.start();
