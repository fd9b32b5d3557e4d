import { render } from "preact";
import "../../shared/tokens.css";
import "../../shared/drawing.css";
import "./style.css";
import { Upload } from "./views";

// The token stays behind the #: the browser sends it to nobody, and it is in no history of a server.
// Kept in the address, so that the page can be loaded again.
render(<Upload token={location.hash.slice(1)} />, document.getElementById("page")!);
