import { defineConfig } from "vite";
import { page } from "../page.ts";

export default defineConfig(page("review", "intake/static/review", "es2020"));
