import { render } from "preact";
import "../../shared/tokens.css";
import "./style.css";
import { Paper } from "./views";

// The token stays behind the #: the browser sends it to nobody on its own, and platforms that look at the link see nothing.
render(<Paper token={location.hash.slice(1)} />, document.getElementById("page")!);
