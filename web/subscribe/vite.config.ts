import { defineConfig } from "vite";
import { page } from "../page.ts";

// es2017 is what WeChat's browser on a phone bought in 2016 reads.
export default defineConfig(page("subscribe", "handlers/static/subscribe", "es2017"));
