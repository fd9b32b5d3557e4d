import { render } from "preact";
import "../../shared/tokens.css";
import "./style.css";
import { App } from "./views/App";

render(<App />, document.getElementById("page")!);
