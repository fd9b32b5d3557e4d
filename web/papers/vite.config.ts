import { defineConfig } from "vite";
import { page } from "../page.ts";

// es2017 is what the browser of a phone bought in 2016 reads, after the last update it got.
export default defineConfig(page("papers", "handlers/static/papers", "es2017"));
