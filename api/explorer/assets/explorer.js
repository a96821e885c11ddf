// Makes the pages smoother: controls answer at once, evidence opens beside what was read. Whatever
// is missing here, each link and form still leads to a page of its own.
import { listen } from "./live.js";
import { watch } from "./drawer.js";

document.documentElement.classList.add("scripted");
listen();
watch();
